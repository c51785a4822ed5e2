import { markContext } from '../../actuators/tmux-sessions.js';
import { assess } from '../../controller/assess.js';
import { outdatedFields } from '../../controller/compare.js';
import type { Context } from '../context.js';
import { hostActuators } from '../host-actuators.js';
import { observe } from '../pass.js';
import type { Line } from './line.js';

/**
 * Marks an agent that was just reset in its runtime with what is in force since. Not where a new process is due as well: its
 * class is part of its environment. A failure costs no more than another reset of a disposable slot.
 */
export async function markFresh(context: Context, { agent, socket, target }: Line): Promise<void> {
  const { world } = await observe(context);
  const seen = assess(world).agents.find((one) => one.agent === agent.name);
  const { desired = null, situation, files } = seen ?? {};
  const applied = files?.applied ?? null;
  if (situation?.kind !== 'live' || desired?.kind !== 'resolved' || applied === null) return;
  const { marks } = situation.session;
  if (situation.pane.pid !== target.pid || marks.spec !== desired.specHash) return;
  if (marks.context === desired.contextHash) return;
  const outdated = outdatedFields(desired, marks, applied);
  if (outdated.length === 0 || outdated.includes('class')) return;
  if ((await markContext(context.exec, socket, agent.name, target, desired.contextHash)) !== null) return;
  hostActuators(context, socket).writeApplied(agent.name, desired.record, desired.record, applied.starts);
}
