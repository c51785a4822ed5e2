import type { PlannedAction } from './action.js';
import type { Assessment } from './assess.js';
import { remainingMs, type FailureRecord, type Moment } from './backoff.js';
import { state, type ConditionState } from './conditions.js';
import type { Hold } from './observed.js';

/** An agent's state in one word. */
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

export interface PhaseFacts {
  readonly inRoster: boolean;
  readonly suspend: boolean;
  readonly owned: boolean;
  readonly hold: Hold | null;
  readonly failed: boolean;
  /** Its starts failed to resume its conversation, and it is given up. */
  readonly parked: boolean;
  readonly failure: FailureRecord | null;
  readonly moment: Moment;
}

export function phaseOf(kind: Assessment['situation']['kind'], facts: PhaseFacts): Phase {
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
      if (facts.parked || facts.failure?.stalled === true) return 'Stalled';
      if (facts.failure !== null && remainingMs(facts.failure, facts.moment) > 0) return 'BackingOff';
      return facts.failed ? 'Dead' : 'Stopped';
  }
}

/** Whether something is wrong with it that the roster does not want. */
export function degraded(phase: Phase, action: PlannedAction | null): ConditionState {
  switch (phase) {
    case 'Unknown':
      return state('Degraded', 'Unknown', phase);
    case 'Dead':
    case 'BackingOff':
    case 'Stalled':
    case 'Foreign':
      return state('Degraded', 'True', phase);
    case 'Running':
    case 'Starting':
    case 'Held':
    case 'Suspended':
    case 'Stopped':
    case 'Extra':
      return action?.gate.kind === 'blocked'
        ? state('Degraded', 'True', action.gate.code, action.gate.message)
        : state('Degraded', 'False', 'AsExpected');
  }
}
