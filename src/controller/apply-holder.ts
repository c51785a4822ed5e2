import type { Plan, PlannedAction } from './action.js';
import { assess, type World } from './assess.js';
import { holderApproval, runsOnServer } from './holder.js';
import { longestGrace, outliving, unitRuns } from './lookup.js';
import type { Actuators, Outcome } from './port.js';

interface HolderPort {
  readonly actuators: Actuators;
  readonly observe: () => Promise<World>;
}

/** Ends agents in an orderly way: units, then the sessions that no unit ends, then their processes get their grace. */
export async function endAll(
  actions: readonly PlannedAction[],
  world: World,
  { actuators }: HolderPort,
): Promise<Outcome> {
  const graceMs = longestGrace(
    actions.map(({ agent }) => agent),
    world,
  );
  const units = actions.filter(unitRuns(world)).map(({ agent }) => agent);
  const stopped = units.length === 0 ? null : await actuators.stopUnits(units, graceMs);
  const targets = outliving(actions, world);
  const killed = targets.length === 0 ? null : await actuators.killSessions(targets);
  await actuators.awaitEnds(
    targets.map(({ pid }) => pid),
    graceMs,
  );
  return killed ?? stopped;
}

/**
 * Replaces the predecessor's server by the holder's own, once nothing lives on it any more: looked at again, since a
 * human may have opened a session meanwhile. The approval is used up by the attempt, not before it, so that a fleet that
 * dies in between goes on where it was; and it names a server that is gone then.
 *
 * @param ended what became of ending the agents
 */
export async function replaceHolder(
  holder: NonNullable<Plan['holder']>,
  ended: Outcome,
  { actuators, observe }: HolderPort,
): Promise<Outcome> {
  const left = remaining(await observe());
  const outcome =
    left === null ? await actuators.replaceHolder() : `${left}${ended === null ? '' : ` (${ended})`}`;
  const used = await actuators.consumeApprovals([holderApproval(holder)]);
  return outcome ?? used;
}

/** What still lives on the server, or why that cannot be told. */
function remaining(world: World): string | null {
  const { agents, strangers, unknownSources } = assess(world);
  const [unknown] = unknownSources;
  if (unknown !== undefined) return unknown.message;
  const names = [
    ...agents.filter(runsOnServer).map(({ agent }) => agent),
    ...strangers.map(({ name }) => name),
  ];
  return names.length === 0 ? null : `still on its server: ${names.join(', ')}`;
}
