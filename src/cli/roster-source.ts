import { readRosterFile, templateReader } from '../observers/roster-file.js';
import { displayPath } from '../host/paths.js';
import { compileRoster } from '../roster/compile.js';
import { formatDiagnostic } from '../roster/diagnostic.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';

/** Reads and compiles the roster. @throws CommandFailure 78 with every diagnostic in its message */
export function loadRoster({ paths }: Context, file = paths.roster): Roster {
  const source = readRosterFile(file);
  if (source.kind === 'unreadable') {
    const hint = source.missing ? '\nWrite one with: fleet init --profile minimal --write' : '';
    throw new CommandFailure(ExitCode.invalidRoster, `no roster to read: ${source.message}${hint}`);
  }
  const shown = displayPath(file, paths.userHome);
  const compiled = compileRoster(
    { file: shown, text: source.text },
    { home: paths.userHome, readTemplate: templateReader(file, paths.userHome) },
  );
  if (compiled.ok) return compiled.value;
  const count = compiled.failure.length;
  const diagnostics = compiled.failure.map(formatDiagnostic).join('\n\n');
  throw new CommandFailure(
    ExitCode.invalidRoster,
    `${diagnostics}\n\n${shown}: ${count} ${count === 1 ? 'error' : 'errors'}; nothing was changed`,
  );
}
