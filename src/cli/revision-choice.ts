import { displayPath } from '../host/paths.js';
import { readHistory, type Revision } from '../observers/revisions.js';
import { visible } from '../roster/visible.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';

const list = 'fleet rollback --list';

/** Everything that is kept, oldest first. @throws CommandFailure 1 where it cannot be read */
export function history({ paths }: Context): readonly Revision[] {
  const read = readHistory(paths.state);
  if (read.known) return read.revisions;
  throw new CommandFailure(
    ExitCode.error,
    `the history of rosters cannot be read: ${read.message}\nNothing was changed`,
  );
}

/**
 * The roster to go back to where none is named: the latest that was in force and is not what the file says now. After an
 * edit that was not applied, or that broke the roster, that is the one in force; otherwise the one before it.
 *
 * @param currentId what the file says now; null where it is no valid roster
 */
export function previousRevision(
  { paths }: Context,
  revisions: readonly Revision[],
  currentId: string | null,
): Revision {
  const target = revisions.findLast(({ kind, id }) => kind === 'applied' && id !== currentId);
  if (target !== undefined) return target;
  throw new CommandFailure(
    ExitCode.error,
    revisions.length === 0
      ? 'no roster has been applied yet, so there is none to go back to\nEvery fleet apply keeps one'
      : `no other roster than that in ${displayPath(paths.roster, paths.userHome)} has been applied\nSee: ${list}`,
  );
}

/**
 * The kept roster that an operator names by its number or the first digits of its revision.
 *
 * @throws CommandFailure 64 where it names none or several
 */
export function chooseRevision(revisions: readonly Revision[], word: string): Revision {
  const byNumber = /^[0-9]{1,6}$/.test(word) ? revisions.filter(({ number }) => number === Number(word)) : [];
  const byId = /^[0-9a-f]{4,40}$/.test(word)
    ? revisions.filter(({ id }) => id.startsWith(word.slice(0, id.length)))
    : [];
  // A word of digits alone may be both: its number is what the list shows first.
  const found = byNumber.length > 0 ? byNumber : byId;
  const [one, second] = found;
  if (one === undefined) {
    throw new CommandFailure(
      ExitCode.usage,
      `no kept roster is called ${visible(word)}: give its number, or at least four digits of its revision\nSee: ${list}`,
    );
  }
  if (second !== undefined) {
    const names = found.map(({ number, id }) => `${number} (${id})`).join(', ');
    throw new CommandFailure(ExitCode.usage, `${visible(word)} is not one roster but several: ${names}`);
  }
  return one;
}
