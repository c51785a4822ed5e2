import { isSystemError } from '../host/atomic-file.js';
import type { Paths } from '../host/paths.js';
import { observeOwner } from '../observers/installation.js';
import { revisionNames } from '../observers/revisions.js';
import type { Context } from './context.js';
import { typed } from './typed.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';

/**
 * What to do about a roster that is not there. An example in the place of one that was in force would end its agents.
 *
 * @returns empty where it is a file that neither `init` nor `rollback` writes
 */
export function missingHint(context: Pick<Context, 'paths' | 'env'>, file: string): string {
  const { paths } = context;
  if (file !== paths.roster) return '';
  const { record, otherHome } = observeOwner(paths, parseEnvironmentFile);
  const installed = otherHome === null ? (record?.roster ?? null) : null;
  // Nothing would be done by one that is written here.
  if (installed !== null && installed !== paths.roster)
    return `\nThe fleet is installed for ${installed}: give it with --roster`;
  return installed !== null && isKept(paths)
    ? `\nPut the one that was applied last back with: ${typed(context, 'rollback')}`
    : `\nWrite one with: ${typed(context, 'init --profile minimal --write')}`;
}

/** Every home has its history in the same state directory: what is kept there is that of the roster which is installed. */
function isKept(paths: Paths): boolean {
  try {
    return revisionNames(paths.state).some(({ kind }) => kind === 'applied');
  } catch (error) {
    // It may be kept there.
    if (isSystemError(error)) return true;
    throw error;
  }
}
