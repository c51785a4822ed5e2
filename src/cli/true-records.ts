import { writeApplied } from '../actuators/agent-files.js';
import type { World } from '../controller/assess.js';
import { staleRecords } from '../controller/stale-record.js';
import { acquireLock } from '../host/lock.js';
import type { Context } from './context.js';
import { observe } from './pass.js';

/**
 * Writes down what agents run as where an earlier command was cut short before it did.
 *
 * @returns false where another command is at work: it is for the next look
 */
export async function trueRecords(context: Context, world: World): Promise<boolean> {
  if (staleRecords(world).length === 0) return true;
  const locked = await acquireLock(context.paths.lock, 'fleet', 0);
  if (locked.kind === 'held') return false;
  try {
    // As it is now that nobody else acts.
    const again = (await observe(context, { roster: world.roster })).world;
    for (const { agent, record } of staleRecords(again)) writeApplied(context.paths, agent, record);
    return true;
  } finally {
    locked.lock.release();
  }
}
