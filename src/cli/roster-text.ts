import type { CompileContext } from '../roster/build.js';
import { compileRoster } from '../roster/compile.js';
import { formatDiagnostic } from '../roster/diagnostic.js';
import type { RosterSource } from '../roster/quick-compile.js';
import type { Result } from '../roster/result.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';

/** @throws CommandFailure 78 with every diagnostic in its message */
export function compileOrThrow(source: RosterSource, surroundings: CompileContext): Roster {
  const compiled = compileSource(source, surroundings);
  if (compiled.ok) return compiled.value;
  throw new CommandFailure(ExitCode.invalidRoster, `${compiled.failure}; nothing was changed`);
}

/** Compiles a roster's text. The failure is every diagnostic, and how many there are. */
export const compileText = (
  { paths }: Context,
  text: string,
  shown: string,
  readTemplate: CompileContext['readTemplate'],
): Result<Roster, string> => compileSource({ file: shown, text }, { home: paths.userHome, readTemplate });

function compileSource(source: RosterSource, surroundings: CompileContext): Result<Roster, string> {
  const compiled = compileRoster(source, surroundings);
  if (compiled.ok) return compiled;
  const count = compiled.failure.length;
  const diagnostics = compiled.failure.map(formatDiagnostic).join('\n\n');
  return {
    ok: false,
    failure: `${diagnostics}\n\n${source.file}: ${count} ${count === 1 ? 'error' : 'errors'}`,
  };
}
