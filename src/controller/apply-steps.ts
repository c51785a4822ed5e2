import { isDisruptive, type Plan, type PlannedAction } from './action.js';
import type { World } from './assess.js';
import { isMassChange } from './brake.js';
import { commence } from './commence.js';
import { approves, noWords } from './gate.js';
import { contextInForce } from './kept-context.js';
import { identityEnvironment, launchRecord, limitsDropIn, type LaunchPlaces } from './launch.js';
import { resolvedOf } from './lookup.js';
import { plan as planOf } from './plan.js';
import { wholeOf } from './restrict.js';
import type { Actuators, Outcome } from './port.js';

/**
 * Before anything is started: agents started now make the fleet larger, and the next look must not find the mass change
 * that is held now small enough.
 */
export async function rememberBrake(plan: Plan, world: World, actuators: Actuators): Promise<Outcome> {
  const { memory } = world.observed;
  if (!memory.known) return null;
  const { braked } = memory.value;
  // Of all of it: what is not asked for now is held all the same.
  const actions = wholeOf(plan);
  const gates = actions.flatMap(({ gate }) => (gate.kind === 'braked' ? [gate] : []));
  const [gate] = gates;
  if (gate !== undefined) {
    // What is held only because of what was done just before may go on once the minute is over.
    if (!isMassChange(gates.length, gate.live, world.roster.maxDisruption)) return null;
    return braked === plan.rosterRevision ? null : actuators.rememberBrake(plan.rosterRevision);
  }
  // Held before, and not any more: confirmed. What comes later at this revision is judged by itself again.
  const confirmed =
    braked !== null &&
    actions.some(
      (action) =>
        action.live !== null &&
        isDisruptive(action.action) &&
        action.gate.kind === 'ready' &&
        action.reasons.every(({ code }) => code !== 'OperatorWord'),
    );
  return confirmed ? actuators.rememberBrake(null) : null;
}

/** Before anything is done to them: approvals are used up, and the brake will remember what is disruptive. Both durable. */
export async function useUpDisruptions(
  actions: readonly PlannedAction[],
  world: World,
  actuators: Actuators,
  now: number,
): Promise<Outcome> {
  if (!world.observed.memory.known) return null;
  const disruptive = actions.filter(disrupts);
  const started = new Set(
    actions.filter(({ action, live }) => live === null && action !== 'stop').map(({ agent }) => agent),
  );
  const { approvals } = world.observed.memory.value;
  // What was approved of one that is started now was from a configuration that it leaves: were it kept, the way back and
  // forth would find itself approved.
  const used = approvals.filter(
    (approval) =>
      (approval.kind === 'agent' && started.has(approval.agent)) ||
      disruptive.some((action) => approves(approval, action, world.roster.revision)),
  );
  const outcome = used.length === 0 ? null : await actuators.consumeApprovals(used);
  if (outcome !== null) return outcome;
  // The operator's own word is no part of a roster edit's blast radius.
  const counted = disruptive.filter(({ reasons }) =>
    reasons.every(({ code }) => code !== 'OperatorWord' && code !== 'HolderReplaced'),
  );
  if (counted.length === 0) return null;
  return actuators.recordDisruptions(
    counted.map(({ agent }) => ({ agent, at: now, moment: world.observed.moment })),
  );
}

/**
 * The approval of a whole revision is used up once all of it is done: it may be done in instalments, as its agents
 * become idle, and as start_spacing lets them.
 *
 * @param done agents whose disruption was begun
 */
export async function useUpFleetApproval(
  plan: Plan,
  done: ReadonlySet<string>,
  world: World,
  actuators: Actuators,
  now: number,
): Promise<void> {
  const { memory } = world.observed;
  if (!memory.known || memory.value.approvals.every(({ kind }) => kind !== 'fleet')) return;
  // The operator's word for some is not all that the revision changes.
  const byWord = plan.actions.some(({ reasons }) => reasons.some(({ code }) => code === 'OperatorWord'));
  const due = byWord ? planOf(world, noWords, now).actions : wholeOf(plan);
  const disruptive = due.filter(({ action, live }) => live !== null && isDisruptive(action));
  if (disruptive.length === 0 || !disruptive.every(({ agent }) => done.has(agent))) return;
  const used = memory.value.approvals.filter(
    (approval) => approval.kind === 'fleet' && approval.revision === world.roster.revision,
  );
  // One that stays behind allows no more than the operator has allowed already.
  if (used.length > 0) await actuators.consumeApprovals(used);
}

const disrupts = ({ live, action }: PlannedAction): boolean => live !== null && isDisruptive(action);

/** What a start has to find on the host: first which conversation it is in, then how it is started. */
export function writeMaterial(
  action: PlannedAction,
  world: World,
  port: {
    readonly actuators: Actuators;
    readonly places: LaunchPlaces;
    readonly newId: () => string;
  },
  now: number,
): Outcome {
  const { agent } = action;
  const { actuators, places } = port;
  const desired = resolvedOf(world, agent);
  if (desired === null) return 'it is not in the roster';
  const sight = world.observed.conversations.get(agent);
  const begun = commence(action, desired, sight, { places, newId: port.newId, now });
  const files = world.observed.files.get(agent);
  const { hash } = contextInForce(action, desired, files?.applied ?? null);
  const record = launchRecord({ ...desired, contextHash: hash }, places, begun.launch);
  if (!record.ok) return record.failure;
  const environment = files?.environmentFile;
  return actuators.writeMaterial({
    agent,
    ...(environment === undefined ? {} : { environmentText: environment?.text ?? null }),
    managedEnvironment: { ...desired.spec.env, ...identityEnvironment(desired.spec, places) },
    launchRecord: record.value,
    conversations: begun.record,
    live: action.live !== null,
  });
}

/**
 * Limits of every agent that is acted upon, then at most one reload. A pass that was cut short between the two leaves a
 * drop-in that is written and not in force: until the record says that it was applied, the reload is due.
 *
 * @param fail called for agents that must not be acted upon, with the reason
 */
export async function writeLimits(
  actions: readonly PlannedAction[],
  world: World,
  actuators: Actuators,
  fail: (actions: readonly PlannedAction[], outcome: Outcome) => void,
): Promise<void> {
  const changed = actions.filter((action) => {
    const spec = world.desired.get(action.agent)?.spec;
    const written = actuators.writeLimits(action.agent, spec === undefined ? null : limitsDropIn(spec));
    fail([action], written.outcome);
    return written.changed || limitsMoved(action.agent, world);
  });
  // A start under limits that are not in force would be a start without them.
  if (changed.length > 0) fail(changed, await actuators.reloadUnits());
}

function limitsMoved(agent: string, world: World): boolean {
  const wanted = resolvedOf(world, agent)?.record;
  const applied = world.observed.files.get(agent)?.applied?.applied;
  if (wanted === undefined || applied === undefined) return false;
  return [...new Set([...Object.keys(wanted), ...Object.keys(applied)])].some(
    (field) => field.startsWith('resources.') && wanted[field] !== applied[field],
  );
}

/**
 * After an action has come true: remembers what was applied. A failure here costs no more than a field's name.
 *
 * @param inRuntime it was reset without a start
 */
export function settle(planned: PlannedAction, world: World, actuators: Actuators, inRuntime = false): void {
  const { agent, action, reasons } = planned;
  const desired = resolvedOf(world, agent);
  const before = world.observed.files.get(agent)?.applied ?? null;
  switch (action) {
    case 'start':
    case 'restart':
    case 'reset':
      if (desired !== null)
        actuators.writeApplied(
          agent,
          desired.record,
          inRuntime ? desired.record : contextInForce(planned, desired, before).started,
          (before?.starts ?? 0) + (inRuntime ? 0 : 1),
        );
      return;
    case 'update':
      if (desired !== null && before !== null) {
        actuators.writeApplied(agent, desired.record, before.started, before.starts);
      }
      return;
    case 'adopt':
      if (desired !== null)
        actuators.writeApplied(agent, desired.record, desired.record, before?.starts ?? 0);
      return;
    case 'stop':
      if (reasons.some(({ code }) => code === 'NotInRoster')) actuators.forget(agent);
  }
}
