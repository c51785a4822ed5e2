import { observeOwner } from '../observers/installation.js';
import { readHistory } from '../observers/revisions.js';
import { compileRoster } from '../roster/compile.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';
import type { Roster } from '../roster/types.js';
import type { Installation } from '../observers/installation.js';
import type { Context } from './context.js';
import { moveProblem } from './guard.js';

/**
 * The roster that was applied last, with its kickstart templates as they were then: what is in force while the file is
 * broken, also for a controller that was started meanwhile.
 *
 * Every home has its history in the same state directory, and only the roster that is installed is ever applied: for any other
 * file, a slip of the hand in `--roster` perhaps, what is kept there is another fleet's.
 *
 * @returns null where none is kept of this roster, or none that this version of fleet takes for valid
 */
export function lastGoodRoster({ paths }: Context): Roster | null {
  const { record, otherHome } = observeOwner(paths, parseEnvironmentFile);
  if (otherHome !== null || record?.roster !== paths.roster) return null;
  const history = readHistory(paths.state);
  const last = history.known
    ? history.revisions.findLast(({ kind, valid }) => kind === 'applied' && valid)
    : undefined;
  if (last === undefined) return null;
  const readTemplate = (template: string) => {
    const text = last.templates[template];
    return text === undefined ? ({ ok: false, message: 'not kept' } as const) : ({ ok: true, text } as const);
  };
  const compiled = compileRoster(
    { file: last.file, text: last.text },
    { home: paths.userHome, readTemplate },
  );
  return compiled.ok ? compiled.value : null;
}

/** What stays in force instead of a roster that would move the fleet; null: nothing that was in force is where it is installed. */
export function goodWhereInstalled(
  context: Context,
  installation: Pick<Installation, 'record' | 'otherHome'>,
  last: Roster | null = null,
): Roster | null {
  const fits = (roster: Roster | null): boolean =>
    roster !== null && moveProblem(roster, installation) === null;
  if (fits(last)) return last;
  const good = lastGoodRoster(context);
  return fits(good) ? good : null;
}
