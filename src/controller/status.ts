import { idleAfterOf, liveness } from './activity.js';
import { assess, type Assessment, type World } from './assess.js';
import { outdatedFields } from './compare.js';
import { degraded, phaseOf, type Phase } from './phase.js';
import {
  progressing,
  state,
  upToDate,
  withTransitions,
  type Condition,
  type ConditionState,
} from './conditions.js';
import { conversationStatus, type ConversationStatus } from './conversation-status.js';
import { holdOn, noWords } from './gate.js';
import { isAdopted } from './holder.js';
import type { FailureRecord } from './backoff.js';
import type { Hold, LastEnd, Observed } from './observed.js';
import type { Plan, PlannedAction } from './action.js';
import { plan as planOf } from './plan.js';
import { readinessOf } from './readiness.js';

export interface AgentStatus {
  readonly name: string;
  readonly runtime: string | null;
  readonly class: string | null;
  readonly desired: 'running' | 'stopped';
  readonly phase: Phase;
  readonly activity: 'busy' | 'idle' | null;
  readonly attached: boolean;
  readonly pid: number | null;
  readonly session: string | null;
  /** Epoch milliseconds. */
  readonly startedAt: number | null;
  readonly lastOutputAt: number | null;
  readonly starts: number;
  /** Its processes are not in a unit of its own before its next restart. */
  readonly adopted: boolean;
  readonly outdated: readonly string[];
  /** The one it is in, or would continue; null: none that anything is known of. */
  readonly conversation: ConversationStatus | null;
  readonly hold: Hold | null;
  /** How its process ended last; null while it runs, and where that is not on record. */
  readonly end: LastEnd | null;
  readonly conditions: readonly Condition[];
}

/** What the controller has written down of conditions: since when each is as it is. */
export interface ConditionRecord {
  readonly fleet: readonly Condition[];
  readonly agents: ReadonlyMap<string, readonly Condition[]>;
}

export interface StatusQuestion {
  /** Epoch milliseconds. */
  readonly now: number;
  /** The plan of this world, where it is made already. */
  readonly plan?: Plan;
  /** Agents that are being acted upon right now. */
  readonly working?: ReadonlySet<string>;
  readonly recorded?: ConditionRecord | null;
}

/** Every agent of the roster and every one that runs besides it, from one snapshot. */
export function fleetStatus(
  world: World,
  { now, plan = planOf(world, noWords, now), working = new Set(), recorded = null }: StatusQuestion,
): readonly AgentStatus[] {
  const { observed } = world;
  return assess(world)
    .agents.filter(
      ({ desired, owned, situation }) => desired !== null || owned || situation.kind !== 'stopped',
    )
    .map((assessment) => {
      const { agent } = assessment;
      const held = observed.memory.known ? holdOn(agent, observed.memory.value, now) : null;
      const action = plan.actions.find((one) => one.agent === agent) ?? null;
      const unknown = plan.unknownAgents.find((one) => one.agent === agent)?.message ?? null;
      const facts = {
        ...{ hold: held?.hold ?? null, action, unknown, working: working.has(agent) },
        conversation: conversationStatus(assessment, world),
      };
      return agentStatus(assessment, facts, observed, now, recorded?.agents.get(agent) ?? null);
    });
}

interface AgentFacts {
  readonly hold: Hold | null;
  readonly action: PlannedAction | null;
  /** Why no action can be told. */
  readonly unknown: string | null;
  readonly working: boolean;
  readonly conversation: AgentStatus['conversation'];
}

function agentStatus(
  { agent, desired, situation, files, owned }: Assessment,
  { hold, action, unknown, working, conversation }: AgentFacts,
  observed: Observed,
  now: number,
  recorded: readonly Condition[] | null,
): AgentStatus {
  const spec = desired?.spec ?? null;
  const session = 'session' in situation && situation.kind !== 'foreign' ? situation.session : null;
  const running = situation.kind === 'live' || situation.kind === 'unmarked' ? situation : null;
  const live =
    running === null ? null : liveness(running.session, running.pane, now, idleAfterOf(spec, files));
  const phase = phaseOf(situation.kind, {
    inRoster: spec !== null,
    suspend: spec?.suspend === true,
    owned,
    hold,
    failed: situation.kind === 'stopped' && situation.failed,
    parked: action?.gate.kind === 'stalled' && action.gate.resume !== undefined,
    failure: failureOf(agent, desired, observed),
    moment: observed.moment,
  });
  const outdated =
    situation.kind === 'live' && desired?.kind === 'resolved'
      ? outdatedFields(desired, situation.session.marks, files?.applied ?? null)
      : [];
  const startedAt = session === null ? null : session.createdAt * 1000;
  const end = live === null ? (observed.ends.get(agent) ?? null) : null;
  const conditions = [
    running === null
      ? state('Ready', phase === 'Unknown' ? 'Unknown' : 'False', phase, whyNotRunning(situation))
      : readinessOf(agent, {
          ...{ spec, pane: running.pane, now },
          started: files?.applied?.started['runtime'] ?? null,
        }),
    progressing(action, working, unknown),
    degraded(phase, action),
    ...(live === null ? [] : [upToDate(outdated, unknown)]),
  ];
  const began = live !== null ? startedAt : end === null ? null : end.at * 1000;
  const moment = ({ type }: ConditionState): number | null => {
    if (began === null || (type !== 'Ready' && type !== 'UpToDate')) return null;
    // Its start or end is no reason for what has changed since: an edit, a screen that was emptied.
    const before = recorded?.find((one) => one.type === type)?.lastTransitionTime ?? null;
    return before !== null && began <= before ? null : began;
  };
  return {
    name: agent,
    runtime: spec?.runtime ?? files?.applied?.started['runtime'] ?? null,
    class: spec?.class ?? files?.applied?.started['class'] ?? null,
    desired: spec === null || spec.suspend ? 'stopped' : 'running',
    phase,
    activity: live === null ? null : live.busy ? 'busy' : 'idle',
    attached: live?.attached ?? false,
    pid: live?.pid ?? null,
    session: session?.name ?? null,
    startedAt,
    lastOutputAt: 'pane' in situation ? situation.pane.lastOutputAt * 1000 : null,
    starts: files?.applied?.starts ?? 0,
    adopted: live !== null && isAdopted({ situation }),
    outdated,
    conversation,
    hold,
    end,
    conditions: withTransitions(conditions, recorded, moment),
  };
}

/** What its phase alone does not say: of one whose process has not ended yet there is no word of its own. */
function whyNotRunning(situation: Assessment['situation']): string {
  switch (situation.kind) {
    case 'unknown':
    case 'foreign':
      return situation.message;
    case 'stopping':
      return 'is still stopping';
    case 'unmarked':
    case 'starting':
    case 'stopped':
    case 'hollow':
    case 'exited':
    case 'live':
      return '';
  }
}

/** Failures count as long as the same configuration would be tried again. */
function failureOf(
  agent: string,
  desired: Assessment['desired'],
  { memory }: Observed,
): FailureRecord | null {
  const failure = memory.known ? memory.value.failures.get(agent) : undefined;
  return failure !== undefined && desired?.kind === 'resolved' && failure.spec === desired.specHash
    ? failure
    : null;
}
