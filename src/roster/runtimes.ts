/** Runtimes fleet knows by name, with the command that empties their conversation. */
const RESET_COMMANDS: ReadonlyMap<string, string> = new Map([
  ['claude', '/clear'],
  ['codex', '/clear'],
  ['opencode', '/clear'],
  ['pi', '/new'],
  ['gemini', '/clear'],
]);

/** Names of the runtimes that can be used without a declared command. */
export const KNOWN_RUNTIMES: readonly string[] = [...RESET_COMMANDS.keys()];

export const isKnownRuntime = (name: string): boolean => RESET_COMMANDS.has(name);

/** What is typed to start a fresh conversation, or null for a runtime fleet does not know. */
export const defaultResetCommand = (runtime: string): string | null => RESET_COMMANDS.get(runtime) ?? null;

/** How long the composer of any runtime may take to show a pasted message, where the roster does not say otherwise. */
export const DEFAULT_SUBMIT_DELAY_MS = 300;
