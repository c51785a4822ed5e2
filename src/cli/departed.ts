import * as fs from 'node:fs';
import type { World } from '../controller/assess.js';
import { isOurs } from '../controller/situation.js';
import { removeLaunchRecord } from '../actuators/agent-files.js';
import { SystemdUnits } from '../actuators/systemd-units.js';
import { acquireLock } from '../host/lock.js';
import type { Context } from './context.js';

const suffix = '.launch';

/**
 * Takes the launch records of agents away that left the roster after they had ended, as a stop takes away that of one that ran:
 * nothing starts them again, `systemctl` by hand included, in a conversation that may be another agent's by then. They keep
 * what is known of their conversations. Nor does systemd show them as failed any more.
 *
 * @returns false where another command is at work: it is for the next look
 */
export async function forgetDeparted(context: Context, world: World): Promise<boolean> {
  if (departed(context, world).length === 0) return true;
  const locked = await acquireLock(context.paths.lock, 'fleet', 0);
  if (locked.kind === 'held') return false;
  try {
    await forgetDepartedUnderLock(context, world);
    return true;
  } finally {
    locked.lock.release();
  }
}

/** The same, for who holds the lock. */
export async function forgetDepartedUnderLock(context: Context, world: World): Promise<void> {
  const agents = departed(context, world);
  for (const agent of agents) removeLaunchRecord(context.paths, agent);
  const { units } = world.observed;
  const isFailed = (agent: string): boolean =>
    units.known && units.value.agents.get(agent)?.active === 'failed';
  await new SystemdUnits(context.exec).forgetFailed(agents.filter(isFailed));
}

function departed({ paths }: Context, { roster, observed: { units, tmux } }: World): readonly string[] {
  if (!units.known || !tmux.known) return [];
  const there = new Set(roster.agents.map(({ name }) => name));
  for (const [agent, { active }] of units.value.agents)
    if (active !== 'inactive' && active !== 'failed') there.add(agent);
  for (const { marks } of tmux.value?.sessions ?? [])
    if (marks.agent !== null && isOurs(marks, paths.home)) there.add(marks.agent);
  return recorded(paths.agents).filter((agent) => !there.has(agent));
}

function recorded(directory: string): readonly string[] {
  try {
    return fs
      .readdirSync(directory)
      .flatMap((name) => (name.endsWith(suffix) ? [name.slice(0, -suffix.length)] : []));
  } catch {
    return [];
  }
}
