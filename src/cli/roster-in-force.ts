import { observeOwner } from '../observers/installation.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { CommandFailure } from './exit-code.js';
import { moveProblem } from './guard.js';
import { loadRoster } from './roster-source.js';

export interface InForce {
  readonly roster: Roster;
  /** Why the file is not it, or null. */
  readonly problem: string | null;
}

/**
 * The roster by which agents are looked at and talked to: the file, or, while that is broken or names another socket than the
 * installed one, the one that was applied last.
 * What runs was started by it, and an agent that is spoken to has no part in its operator's edit. Whatever changes
 * the fleet goes by the file alone.
 *
 * @throws CommandFailure 78 where the file is invalid and no earlier roster is kept
 */
export async function rosterInForce(context: Context): Promise<InForce> {
  try {
    return await fileUnlessMoved(context);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const { lastGoodRoster } = await import('./last-good.js');
    const roster = lastGoodRoster(context);
    if (roster === null) throw error;
    return { roster, problem: error.message };
  }
}

/**
 * The file; or, while that names another socket than the installed one, the roster that was applied last: what runs is where it was
 * installed, whatever the file says.
 *
 * @throws CommandFailure 78 where the file is invalid
 */
export const fileUnlessMoved = async (context: Context): Promise<InForce> =>
  unlessMoved(context, await loadRoster(context));

async function unlessMoved(context: Context, file: Roster): Promise<InForce> {
  const installed = observeOwner(context.paths, parseEnvironmentFile);
  const problem = moveProblem(file, installed);
  if (problem === null) return { roster: file, problem };
  const { goodWhereInstalled } = await import('./last-good.js');
  const roster = goodWhereInstalled(context, installed);
  return roster === null ? { roster: file, problem: null } : { roster, problem };
}

/** The same, with one line of warning. */
export async function rosterToTalk(context: Context): Promise<Roster> {
  const { roster, problem } = await rosterInForce(context);
  warnOf(context, problem);
  return roster;
}

/** That it is not the file by which is gone. */
export function warnOf(context: Context, problem: InForce['problem']): void {
  const [first = ''] = (problem ?? '').split('\n');
  if (problem !== null) context.say(`warning: going by the roster that was applied last: ${first}`);
}
