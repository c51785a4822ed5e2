import type { Plan, PlannedAction } from './action.js';

/** A unit whose process has ended follows within so long; a hook wakes the controller, too. Milliseconds. */
const lookAgainMs = 500;
/** A unit that has not followed by then does not: it is restarted. Milliseconds. */
const patienceMs = 10_000;

/**
 * Agents whose process has ended and whose unit has yet to follow, or to write down how that was, which counts for backoff: a
 * restart now would cut it off, a start would go by the end before.
 */
export class Endings {
  /** Session, or that its unit is going down, and the moment at which it was first seen so, milliseconds on a clock that no one sets. */
  readonly #seen = new Map<string, { readonly session: string; readonly since: number }>();

  /**
   * A look: takes down who is ending. One whose session has ended and whose unit has not is, for that moment, unknown.
   *
   * @param untold whether its unit is going down, and its end is not on record
   */
  note({ actions, unknownAgents }: Plan, now: number, untold: (action: PlannedAction) => boolean): void {
    const ending = new Map<string, string | null>(unknownAgents.map(({ agent }) => [agent, unknown]));
    for (const action of actions)
      ending.set(action.agent, sessionOf(action) ?? (untold(action) ? unit : null));
    for (const [agent, { session }] of this.#seen)
      if (ending.get(agent) !== session) this.#seen.delete(agent);
    for (const [agent, session] of ending) {
      if (session !== null && !this.#seen.has(agent)) this.#seen.set(agent, { session, since: now });
    }
  }

  /** How long an agent is left for that reason, and then looked at again, milliseconds; 0: not at all. */
  waitMs({ agent }: { readonly agent: string }, now: number): number {
    const seen = this.#seen.get(agent);
    if (seen === undefined) return 0;
    return Math.max(0, Math.min(lookAgainMs, seen.since + patienceMs - now));
  }
}

const unit = 'its unit';
const unknown = 'unknown';

/** The session that is ending. A oneshot unit without any session (no target) ends never by itself. */
const sessionOf = ({ reasons, target }: PlannedAction): string | null =>
  target !== null && reasons.some(({ code }) => code === 'ProcessExited') ? target.session : null;
