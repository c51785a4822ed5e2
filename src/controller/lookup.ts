import type { PlannedAction } from './action.js';
import type { World } from './assess.js';
import type { Desired } from './desired.js';
import type { SessionTarget } from './port.js';

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

/**
 * The sessions of these agents that stopping their units does not end: adopted ones, left over ones, and those of the
 * predecessor's units. A unit's own start is the only one that its stop script ends.
 */
export function outliving(agents: readonly PlannedAction[], world: World): readonly SessionTarget[] {
  const { tmux } = world.observed;
  const sessions = new Map(
    (tmux.known ? (tmux.value?.sessions ?? []) : []).map((session) => [session.id, session]),
  );
  const panes = new Map(
    [...sessions.values()].flatMap((session) => session.panes.map((pane) => [pane.id, pane])),
  );
  return agents.flatMap((action): readonly SessionTarget[] => {
    const session = sessions.get(action.target?.session ?? '');
    if (session === undefined || (session.marks.unit !== null && unitRuns(world)(action))) return [];
    const pane = panes.get(action.target?.pane ?? session.marks.pane ?? '');
    if (pane === undefined) return [];
    const marked = session.marks.agent !== null;
    return [{ agent: action.agent, session: session.id, pane: pane.id, pid: pane.pid, marked }];
  });
}
