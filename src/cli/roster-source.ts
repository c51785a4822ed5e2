import { readRosterFile, templateReader } from '../observers/roster-file.js';
import { displayPath } from '../host/paths.js';
import { compileRoster } from '../roster/compile.js';
import { formatDiagnostic } from '../roster/diagnostic.js';
import type { Result } from '../roster/result.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';

/** Rosters do not hold their text: two texts that mean the same give equal rosters. */
const texts = new WeakMap<Roster, string>();

/** The text a roster was read from by {@link loadRoster}; null for any other roster. */
export const sourceTextOf = (roster: Roster): string | null => texts.get(roster) ?? null;

/** Reads and compiles the roster. @throws CommandFailure 78 with every diagnostic in its message */
export function loadRoster(context: Context, file = context.paths.roster): Roster {
  const source = readRosterFile(file);
  if (source.kind === 'unreadable') {
    const hint = source.missing ? '\nWrite one with: fleet init --profile minimal --write' : '';
    throw new CommandFailure(ExitCode.invalidRoster, `no roster to read: ${source.message}${hint}`);
  }
  const compiled = compileText(
    context,
    source.text,
    displayPath(file, context.paths.userHome),
    templateReader(file, context.paths.userHome),
  );
  if (!compiled.ok)
    throw new CommandFailure(ExitCode.invalidRoster, `${compiled.failure}; nothing was changed`);
  texts.set(compiled.value, source.text);
  return compiled.value;
}

/** Compiles a roster's text. The failure is every diagnostic, and how many there are. */
export function compileText(
  { paths }: Context,
  text: string,
  shown: string,
  readTemplate: ReturnType<typeof templateReader>,
): Result<Roster, string> {
  const compiled = compileRoster({ file: shown, text }, { home: paths.userHome, readTemplate });
  if (compiled.ok) return compiled;
  const count = compiled.failure.length;
  const diagnostics = compiled.failure.map(formatDiagnostic).join('\n\n');
  return { ok: false, failure: `${diagnostics}\n\n${shown}: ${count} ${count === 1 ? 'error' : 'errors'}` };
}
