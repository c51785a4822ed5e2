import type { Gate, PlannedAction, UnknownSource } from './action.js';
import { listed } from './listed.js';

export type ConditionType = 'RosterValid' | 'Observed' | 'Ready' | 'Progressing' | 'Degraded' | 'UpToDate';

/** One thing that is so, is not so, or cannot be told. Seconds and counts that move by themselves are in no message. */
export interface ConditionState {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

export interface Condition extends ConditionState {
  /** Epoch milliseconds, or null where the moment is not on record. */
  readonly lastTransitionTime: number | null;
}

/**
 * Where an agent stands between what is and what is wanted.
 *
 * @param unknown why nobody can tell what is to be done, or null
 */
export function progressing(
  action: PlannedAction | null,
  working: boolean,
  unknown: string | null = null,
): ConditionState {
  if (working) return state('Progressing', 'True', 'Acting');
  if (unknown !== null) return state('Progressing', 'Unknown', 'Unknown', unknown);
  if (action === null) return state('Progressing', 'False', 'Settled');
  const { gate } = action;
  return state('Progressing', goesOnByItself(gate) ? 'True' : 'False', reasonOf(action), messageOf(gate));
}

/** Whether a live agent runs with what the roster says. */
export function upToDate(outdated: readonly string[], unknown: string | null): ConditionState {
  if (unknown !== null) return state('UpToDate', 'Unknown', 'Unknown', unknown);
  return outdated.length > 0
    ? state('UpToDate', 'False', 'Outdated', `changed since its start: ${outdated.join(', ')}`)
    : state('UpToDate', 'True', 'Applied');
}

/** What waits for time or idleness alone goes on by itself; the rest waits for somebody. */
function goesOnByItself(gate: Gate): boolean {
  switch (gate.kind) {
    case 'ready':
    case 'deferred':
    case 'backing-off':
      return true;
    case 'needs-approval':
    case 'held':
    case 'stalled':
    case 'braked':
    case 'blocked':
      return false;
  }
}

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

function reasonOf({ action, gate }: PlannedAction): string {
  switch (gate.kind) {
    case 'ready':
      return `${capital(action)}Due`;
    case 'blocked':
      return gate.code;
    case 'deferred':
      return `Deferred${capital(gate.why)}`;
    case 'needs-approval':
    case 'held':
    case 'stalled':
    case 'braked':
    case 'backing-off':
      return gate.kind.split('-').map(capital).join('');
  }
}

const messageOf = (gate: Gate): string => ('message' in gate ? gate.message : '');

export interface FleetFacts {
  /** Why the roster's file is not the one in force, or null. */
  readonly rosterProblem: string | null;
  readonly unknownSources: readonly UnknownSource[];
  readonly agents: readonly {
    readonly name: string;
    readonly desired: 'running' | 'stopped';
    readonly conditions: readonly ConditionState[];
  }[];
}

/** The fleet as a whole. */
export function fleetConditions({
  rosterProblem,
  unknownSources,
  agents,
}: FleetFacts): readonly ConditionState[] {
  const [problem = ''] = (rosterProblem ?? '').split('\n');
  const named = (type: ConditionType, status: ConditionState['status']): readonly string[] =>
    agents
      .filter(({ conditions }) => conditions.some((one) => one.type === type && one.status === status))
      .map(({ name }) => name);
  const wanted = new Set(agents.filter(({ desired }) => desired === 'running').map(({ name }) => name));
  const notReady = named('Ready', 'False').filter((name) => wanted.has(name));
  const unknown = named('Ready', 'Unknown');
  const moving = named('Progressing', 'True');
  const untold = named('Progressing', 'Unknown');
  const degraded = named('Degraded', 'True');
  return [
    rosterProblem === null
      ? state('RosterValid', 'True', 'Valid')
      : state('RosterValid', 'False', 'Invalid', `the last good one is in force: ${problem}`),
    unknownSources.length === 0
      ? state('Observed', 'True', 'Observed')
      : state('Observed', 'False', 'SourceUnknown', unknownSources.map(({ message }) => message).join('; ')),
    notReady.length > 0
      ? state('Ready', 'False', 'NotReady', listed(notReady))
      : unknown.length > 0
        ? state('Ready', 'Unknown', 'Unknown', listed(unknown))
        : state('Ready', 'True', 'AllReady'),
    moving.length > 0
      ? state('Progressing', 'True', 'Acting', listed(moving))
      : untold.length > 0
        ? state('Progressing', 'Unknown', 'Unknown', listed(untold))
        : state('Progressing', 'False', 'Settled'),
    degraded.length > 0
      ? state('Degraded', 'True', 'AgentsDegraded', listed(degraded))
      : unknown.length > 0
        ? state('Degraded', 'Unknown', 'Unknown', listed(unknown))
        : state('Degraded', 'False', 'AsExpected'),
  ];
}

export function state(
  type: ConditionType,
  status: ConditionState['status'],
  reason: string,
  message = '',
): ConditionState {
  return { type, status, reason, message };
}

/**
 * Conditions with the moment since which each has its status.
 *
 * @param before what was on record, or null
 * @param moment the moment of a condition that is not on record, or has another status there
 */
export function withTransitions(
  conditions: readonly ConditionState[],
  before: readonly Condition[] | null,
  moment: (condition: ConditionState) => number | null,
): readonly Condition[] {
  return conditions.map((condition) => {
    const recorded = before?.find(({ type }) => type === condition.type);
    const same = recorded?.status === condition.status && recorded.lastTransitionTime !== null;
    return { ...condition, lastTransitionTime: same ? recorded.lastTransitionTime : moment(condition) };
  });
}
