import { profileOfRunning } from '../roster/profile.js';
import type { AgentSpec } from '../roster/types.js';
import { state, type ConditionState } from './conditions.js';
import type { ObservedPane } from './observed.js';

/** A program that comes up draws sooner, also on a loaded machine; one that clears its screen draws again at once. */
const blankAfterMs = 60_000;

export interface RunningFacts {
  /** null: it is in no roster. */
  readonly spec: AgentSpec | null;
  /** The runtime it was started as; null: not on record. */
  readonly started: string | null;
  readonly pane: ObservedPane;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Whether an agent whose process lives can be talked to, as far as that can be told without a look at its screen: where its
 * runtime has a ready screen, an empty one is not it. (opencode 1.18 lives on without ever drawing when its database was locked
 * in the moment it opened it.)
 */
export function readinessOf(agent: string, { spec, started, pane, now }: RunningFacts): ConditionState {
  if (spec === null || !staysEmpty(pane, now)) return state('Ready', 'True', 'ProcessRuns');
  if (profileOfRunning(spec, started).ready.every(({ on }) => on === 'title'))
    return state('Ready', 'True', 'ProcessRuns');
  const hint = `see: fleet agent attach ${agent}, fleet restart ${agent}`;
  return state('Ready', 'False', 'ScreenEmpty', `its screen is empty, and nothing comes; ${hint}`);
}

/** Whether nothing is on its screen, and nothing has come for so long that nothing will. Time alone brings it about. */
export const staysEmpty = ({ blank, lastOutputAt }: ObservedPane, now: number): boolean =>
  blank && now - lastOutputAt * 1000 >= blankAfterMs;
