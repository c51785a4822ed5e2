import { defaultIdleAfterMs, liveness } from './activity.js';
import { assess, type Assessment, type World } from './assess.js';
import { outdatedFields } from './compare.js';
import { holdOn } from './gate.js';
import { remainingMs, type FailureRecord, type Moment } from './backoff.js';
import type { Hold, LastEnd, Observed } from './observed.js';

export type Phase =
  | 'Running'
  | 'Starting'
  | 'Dead'
  | 'BackingOff'
  | 'Stalled'
  | 'Held'
  | 'Suspended'
  | 'Stopped'
  | 'Unknown'
  | 'Foreign'
  | 'Extra';

export interface Condition {
  readonly type: 'Ready' | 'UpToDate';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** Epoch milliseconds, or null where the moment is not on record. */
  readonly lastTransitionTime: number | null;
}

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
  readonly outdated: readonly string[];
  readonly hold: Hold | null;
  /** How its process ended last; null while it runs, and where that is not on record. */
  readonly end: LastEnd | null;
  readonly conditions: readonly Condition[];
}

/**
 * Every agent of the roster and every one that runs besides it, from one snapshot.
 *
 * @param now epoch milliseconds
 */
export function fleetStatus(world: World, now: number): readonly AgentStatus[] {
  const { observed } = world;
  return assess(world)
    .agents.filter(
      ({ desired, owned, situation }) => desired !== null || owned || situation.kind !== 'stopped',
    )
    .map((assessment) => {
      const held = observed.memory.known ? holdOn(assessment.agent, observed.memory.value, now) : null;
      return agentStatus(assessment, held?.hold ?? null, observed, now);
    });
}

function agentStatus(
  { agent, desired, situation, files, owned }: Assessment,
  hold: Hold | null,
  observed: Observed,
  now: number,
): AgentStatus {
  const spec = desired?.spec ?? null;
  const session = 'session' in situation && situation.kind !== 'foreign' ? situation.session : null;
  const live =
    situation.kind === 'live' || situation.kind === 'unmarked'
      ? liveness(situation.session, situation.pane, now, spec?.idleAfterMs ?? defaultIdleAfterMs)
      : null;
  const phase = phaseOf(situation.kind, {
    inRoster: spec !== null,
    suspend: spec?.suspend === true,
    owned,
    hold,
    failed: situation.kind === 'stopped' && situation.failed,
    failure: failureOf(agent, desired, observed),
    moment: observed.moment,
  });
  const outdated =
    situation.kind === 'live' && desired?.kind === 'resolved'
      ? outdatedFields(desired, situation.session.marks, files?.applied ?? null)
      : [];
  const startedAt = session === null ? null : session.createdAt * 1000;
  const end = live === null ? (observed.ends.get(agent) ?? null) : null;
  const message = situation.kind === 'unknown' || situation.kind === 'foreign' ? situation.message : '';
  const ready: Condition = {
    type: 'Ready',
    status: phase === 'Unknown' ? 'Unknown' : live === null ? 'False' : 'True',
    reason: live === null ? phase : 'ProcessRuns',
    message,
    lastTransitionTime: live !== null ? startedAt : end === null ? null : end.at * 1000,
  };
  const upToDate: Condition = {
    type: 'UpToDate',
    status: outdated.length > 0 ? 'False' : 'True',
    reason: outdated.length > 0 ? 'Outdated' : 'Applied',
    message: outdated.length > 0 ? `changed since its start: ${outdated.join(', ')}` : '',
    lastTransitionTime: startedAt,
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
    outdated,
    hold,
    end,
    conditions: live === null ? [ready] : [ready, upToDate],
  };
}

interface PhaseFacts {
  readonly inRoster: boolean;
  readonly suspend: boolean;
  readonly owned: boolean;
  readonly hold: Hold | null;
  readonly failed: boolean;
  readonly failure: FailureRecord | null;
  readonly moment: Moment;
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

function phaseOf(kind: Assessment['situation']['kind'], facts: PhaseFacts): Phase {
  switch (kind) {
    case 'unknown':
      return 'Unknown';
    case 'foreign':
      return 'Foreign';
    case 'starting':
      return 'Starting';
    case 'exited':
    case 'hollow':
      return 'Dead';
    case 'unmarked':
    case 'live':
      return facts.inRoster ? 'Running' : facts.owned ? 'Extra' : 'Foreign';
    case 'stopping':
      return 'Stopped';
    case 'stopped':
      if (facts.hold !== null) return 'Held';
      if (facts.suspend) return 'Suspended';
      if (facts.failure?.stalled === true) return 'Stalled';
      if (facts.failure !== null && remainingMs(facts.failure, facts.moment) > 0) return 'BackingOff';
      return facts.failed ? 'Dead' : 'Stopped';
  }
}
