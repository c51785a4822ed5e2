import { assess, type World } from './assess.js';
import type { FailureRecord } from './backoff.js';

/**
 * Agents against which something is remembered, and which have run for `reset_after` since. Looked at while they run: an end
 * that is nobody's fault (a stop, a reboot) leaves no record that would tell. By the wall clock, which is all that tmux tells;
 * set meanwhile, it costs a few tries more.
 *
 * @param now epoch milliseconds
 */
export function outlasting(world: World, now: number): ReadonlySet<string> {
  const { memory } = world.observed;
  const failures = memory.known ? memory.value.failures : new Map<string, FailureRecord>();
  if ([...failures.values()].every(({ count }) => count === 0)) return new Set();
  return new Set(
    assess(world).agents.flatMap(({ agent, desired, situation, owned }) => {
      if ((failures.get(agent)?.count ?? 0) === 0 || situation.kind !== 'live' || !owned) return [];
      const ranMs = now - (situation.session.createdAt + 1) * 1000;
      return desired !== null && ranMs >= desired.spec.backoff.resetAfterMs ? [agent] : [];
    }),
  );
}

/** Nothing counts against them any more. That an end was counted is kept: it is still the last one on record. */
export const withCleanSlate = (
  failures: ReadonlyMap<string, FailureRecord>,
  agents: ReadonlySet<string>,
): ReadonlyMap<string, FailureRecord> =>
  new Map(
    [...failures].map(([agent, record]) => [agent, agents.has(agent) ? cleared(record) : record] as const),
  );

export const cleared = (record: FailureRecord): FailureRecord => ({
  ...record,
  ...{ count: 0, stalled: false, due: { boot: '', ms: 0 } },
});
