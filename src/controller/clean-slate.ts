import { assess, type World } from './assess.js';
import type { FailureRecord } from './backoff.js';

/**
 * Agents that run, and have something remembered against them, for as long as they were seen to do so. Looked at while they run:
 * an end that is nobody's fault (a stop, a reboot) leaves no record that would tell.
 */
export class LongRuns {
  /** By agent the session, and when it was first seen, milliseconds on a clock that no one sets. tmux tells only the other. */
  readonly #seen = new Map<string, { readonly session: string; readonly since: number }>();

  /**
   * A look.
   *
   * @param now milliseconds on a clock that no one sets
   * @returns those that have run for `reset_after`
   */
  look(world: World, now: number): ReadonlySet<string> {
    const before = new Map(this.#seen);
    this.#seen.clear();
    const { memory } = world.observed;
    const failures = memory.known ? memory.value.failures : new Map<string, FailureRecord>();
    if ([...failures.values()].every(({ count }) => count === 0)) return new Set();
    return new Set(
      assess(world).agents.flatMap(({ agent, desired, situation, owned }) => {
        if ((failures.get(agent)?.count ?? 0) === 0 || situation.kind !== 'live' || !owned) return [];
        const session = `${situation.session.id} ${situation.pane.pid}`;
        const earlier = before.get(agent);
        const one = earlier?.session === session ? earlier : { session, since: now };
        this.#seen.set(agent, one);
        return desired !== null && now - one.since >= desired.spec.backoff.resetAfterMs ? [agent] : [];
      }),
    );
  }
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
