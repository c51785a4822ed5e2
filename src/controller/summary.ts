import type { PlannedAction, Summary, UnknownAgent } from './action.js';

export function summarize(
  actions: readonly PlannedAction[],
  unknown: readonly UnknownAgent[],
  unchanged: number,
): Summary {
  const counts = { start: 0, stop: 0, restart: 0, reset: 0, update: 0, adopt: 0 };
  for (const { action } of actions) counts[action] += 1;
  return {
    ...counts,
    unchanged,
    unknown: unknown.length,
    gated: actions.filter(({ gate }) => gate.kind !== 'ready').length,
  };
}
