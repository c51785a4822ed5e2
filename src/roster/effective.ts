import { LONGEST_WORD, isTooLong } from './argument-vector.js';
import { AGENT_COMMAND, variableFault } from './environment-names.js';
import { CONVERSATION, type Placeholder, fillIn, placeholderValues, uses } from './placeholders.js';
import { type Result, fail, ok } from './result.js';
import type { AgentSpec } from './types.js';
import { splitWords } from './words.js';

export { expandHome } from './directory.js';

/** Site-owned variables of an agent's env file. */
export type SiteEnvironment = Readonly<Record<string, string>>;

/** What an agent is started with, declared values only; `workingDirectory` in canonical `~` form. */
export interface EffectiveSpec {
  readonly runtime: string;
  /** Filled in; a word `{conversation}` stands for zero or more words of the runtime's. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
}

/** Where the argument vector in force comes from, in falling order of precedence. */
type Origin =
  | { readonly kind: 'agent'; readonly command: readonly string[] }
  | { readonly kind: 'site'; readonly line: string }
  | { readonly kind: 'runtime'; readonly command: readonly string[] }
  | { readonly kind: 'launcher'; readonly words: readonly string[] };

const originOf = (agent: AgentSpec, site: SiteEnvironment): Origin => {
  if (agent.ownCommand && agent.command !== null) return { kind: 'agent', command: agent.command };
  const line = Object.hasOwn(site, AGENT_COMMAND) ? (site[AGENT_COMMAND] ?? '') : '';
  // An empty assignment takes the setting back, as it does everywhere in systemd.
  if (line.trim() !== '') return { kind: 'site', line };
  if (agent.command !== null) return { kind: 'runtime', command: agent.command };
  return { kind: 'launcher', words: [...(agent.launcher ?? []), agent.runtime] };
};

/**
 * @param words the runtime's conversation arguments; null: for hashing, where they are no part of what is declared
 */
const argvOf = (
  agent: AgentSpec,
  site: SiteEnvironment,
  home: string | null,
  words: readonly string[] | null,
): Result<string[], string> => {
  const appended = words ?? [];
  const origin = originOf(agent, site);
  switch (origin.kind) {
    case 'agent': {
      const values = placeholderValues(agent, home);
      // Told apart before filling in: `{{conversation}}` is that text, not the placeholder.
      return ok(
        origin.command.flatMap((word) =>
          word === CONVERSATION ? (words ?? [word]) : [fillIn(word, values)],
        ),
      );
    }
    case 'runtime': {
      const values = placeholderValues(agent, home);
      return ok([...origin.command.map((word) => fillIn(word, values)), ...appended]);
    }
    case 'launcher':
      return ok([...origin.words, ...appended]);
    case 'site': {
      const words = splitWords(origin.line);
      if (!words.ok)
        return fail(`${AGENT_COMMAND} in the env file cannot be split into words: ${words.failure}`);
      if (words.value[0] !== undefined && words.value[0] !== '') return words;
      return fail(`${AGENT_COMMAND} in the env file names no program: its first word is empty`);
    }
  }
};

/** Whether the command in force holds a placeholder. The site's own command is taken literally and never does. */
export const usesInForce = (agent: AgentSpec, site: SiteEnvironment, placeholder: Placeholder): boolean => {
  const origin = originOf(agent, site);
  switch (origin.kind) {
    case 'agent':
    case 'runtime':
      return uses(origin.command, placeholder);
    case 'site':
    case 'launcher':
      return false;
  }
};

/** Whose command is in force that cannot be given conversation arguments; null: it can. The site's own command never is. */
export const wordlessCommand = (agent: AgentSpec, site: SiteEnvironment): 'agent' | 'site' | null => {
  const origin = originOf(agent, site);
  switch (origin.kind) {
    case 'agent':
      return origin.command.includes(CONVERSATION) ? null : 'agent';
    case 'site':
      return 'site';
    case 'runtime':
    case 'launcher':
      return null;
  }
};

/**
 * The roster's environment with the site's lines over it. Left out are the site's command, which is a word to fleet
 * and none to the agent, and names that no agent can be given.
 */
export const effectiveEnvironment = (
  agent: AgentSpec,
  site: SiteEnvironment,
): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ...Object.entries(agent.env),
    ...Object.entries(site).filter(([name]) => variableFault(name) === null),
  ]);

/**
 * What the agent is started with, for hashing: {working_directory} is filled in as `~/…`. Fails with a sentence where
 * the site's lines cannot be used.
 */
export const effectiveSpec = (
  agent: AgentSpec,
  siteEnvironment: SiteEnvironment,
): Result<EffectiveSpec, string> => {
  const argv = argvOf(agent, siteEnvironment, null, null);
  if (!argv.ok) return argv;
  const env = effectiveEnvironment(agent, siteEnvironment);
  const tooLong = Object.entries(env).find(([name, value]) => isTooLong(`${name}=${value}`));
  if (tooLong !== undefined) return fail(`${tooLong[0]} in the env file has ${LONGEST_WORD} bytes or more`);
  if (argv.value.some(isTooLong)) return fail(`a word of the command has ${LONGEST_WORD} bytes or more`);
  return ok({ runtime: agent.runtime, argv: argv.value, env, workingDirectory: agent.workingDirectory });
};

/**
 * The argument vector that is executed: {working_directory} is the absolute directory, and the conversation arguments stand
 * in the place of `{conversation}` or, where the command is not the agent's own, behind it.
 * Fails as {@link effectiveSpec} does.
 */
export const launchArgv = (
  agent: AgentSpec,
  siteEnvironment: SiteEnvironment,
  home: string,
  conversation: readonly string[],
): Result<string[], string> => {
  const argv = argvOf(agent, siteEnvironment, home, conversation);
  if (!argv.ok) return argv;
  if (argv.value.some(isTooLong)) return fail(`a word of the command has ${LONGEST_WORD} bytes or more`);
  return argv;
};

/**
 * The argument vector that prepares a conversation: the agent's command up to its program, which is the first word named
 * like its runtime, else the first, and `words` behind it. (opencode 1.18 takes no option before its subcommand.)
 */
export const preparingArgv = (
  agent: AgentSpec,
  siteEnvironment: SiteEnvironment,
  home: string,
  words: readonly string[],
): Result<string[], string> => {
  const argv = launchArgv(agent, siteEnvironment, home, []);
  if (!argv.ok) return argv;
  const program = argv.value.findIndex((word) => word.slice(word.lastIndexOf('/') + 1) === agent.runtime);
  return ok([...argv.value.slice(0, Math.max(program, 0) + 1), ...words]);
};
