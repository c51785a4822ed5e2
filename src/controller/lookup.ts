import type { PlannedAction } from './action.js';
import type { World } from './assess.js';
import type { Desired } from './desired.js';

/** Stop grace of an agent whose roster entry is gone: the roster's maximum. */
const unknownGraceMs = 300_000;

export function resolvedOf(world: World, agent: string): Extract<Desired, { kind: 'resolved' }> | null {
  const desired = world.desired.get(agent);
  return desired?.kind === 'resolved' ? desired : null;
}

export const unitRuns =
  ({ observed: { units } }: World) =>
  ({ agent }: Pick<PlannedAction, 'agent'>): boolean => {
    const active = units.known ? units.value.agents.get(agent)?.active : undefined;
    return active !== undefined && active !== 'inactive' && active !== 'failed';
  };

/** Whether the holder, and with it the fleet's tmux server, is up. */
export const holderRuns = ({ observed: { units } }: World): boolean =>
  units.known && units.value.holder?.active === 'active';

export const longestGrace = (agents: readonly string[], world: World): number =>
  Math.max(0, ...agents.map((agent) => world.desired.get(agent)?.spec.stopGraceMs ?? unknownGraceMs));
