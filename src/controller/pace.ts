import type { Gate, PlannedAction } from './action.js';
import { delayMs, type Moment } from './backoff.js';
import type { Backoff } from '../roster/types.js';
import type { LastEnd } from './observed.js';

interface Attempt {
  readonly what: string;
  /** Tries in a row of the same thing. */
  readonly count: number;
  /** When the last was begun, milliseconds on a clock that no one sets. */
  readonly last: number;
  /** The operator's last word before it. */
  readonly released: string;
  /** The unit's invocation whose end was the last on record before it; null: none was. */
  readonly end: string | null;
  /** Given up: time alone is no other chance. */
  readonly parked: boolean;
}

/** When something is tried, and under which circumstances. */
export interface Try {
  /** null: the agent is in no roster. */
  readonly policy: Backoff | null;
  /** When the operator gave the agent another chance, the last time; null: never. */
  readonly released: Moment | null;
  /** The agent's last end on record; null: none is. */
  readonly end: LastEnd | null;
  /** Milliseconds on a clock that no one sets. */
  readonly now: number;
}

/** From an end until its unit has gone down. */
const justNowMs = 2000;

const fallback: Backoff = { baseMs: 10_000, maxMs: 600_000, resetAfterMs: 600_000, stallAfter: 5 };

/**
 * How often the controller itself tries the same thing. Backoff counts ends that were written down; this needs no
 * record: an action that fails at once, a unit that dies without a trace, a file that cannot be written, all come back
 * as the same planned action, and each try after the second waits longer.
 */
export class Pace {
  readonly #attempts = new Map<string, Attempt>();

  /** The gate before what was tried too often of late; null: it may be tried. */
  gate(action: PlannedAction, under: Try): Extract<Gate, { kind: 'backing-off' | 'stalled' }> | null {
    const attempt = this.#counting(action, under);
    if (attempt === null) return null;
    // A start is what costs money. Everything else may still be what the operator waits for.
    if (action.action === 'start' && attempt.count >= (under.policy ?? fallback).stallAfter) {
      this.#attempts.set(action.agent, { ...attempt, parked: true });
      return { kind: 'stalled', count: attempt.count, tried: true };
    }
    const inMs = attempt.last + delayMs(attempt.count, under.policy ?? fallback) - under.now;
    return inMs <= 0 ? null : { kind: 'backing-off', count: attempt.count, inMs, tried: true };
  }

  begun(action: PlannedAction, under: Try): void {
    const count = (this.#counting(action, under)?.count ?? 0) + 1;
    const { now, released, end } = under;
    this.#attempts.set(action.agent, {
      ...{ what: whatOf(action), count, last: now, released: wordOf(released) },
      ...{ end: end?.invocation ?? null, parked: false },
    });
  }

  /** Earlier tries, as far as they still count. */
  #counting(action: PlannedAction, { policy, released, end, now }: Try): Attempt | null {
    const attempt = this.#attempts.get(action.agent);
    if (attempt?.what !== whatOf(action) || attempt.released !== wordOf(released)) return null;
    if (end !== null && end.invocation !== attempt.end && speaksForItself(end, policy ?? fallback))
      return null;
    if (attempt.parked) return attempt;
    const { resetAfterMs } = policy ?? fallback;
    // What had to wait was not stable meanwhile.
    const waited = delayMs(attempt.count, policy ?? fallback);
    return now - attempt.last < waited + resetAfterMs ? attempt : null;
  }

  /** Whether its end on record is that of what was tried last. Of who was started by another: whether it is of just now. */
  isOfLastTry({ agent }: PlannedAction, end: LastEnd | null, moment: Moment): boolean {
    if (end === null) return false;
    const attempt = this.#attempts.get(agent);
    if (attempt !== undefined) return end.invocation !== attempt.end;
    return end.moment.boot === moment.boot && moment.ms - end.moment.ms < justNowMs;
  }

  /** Agents that are gone from roster and host need no memory. */
  keepOnly(agents: ReadonlySet<string>): void {
    for (const agent of this.#attempts.keys()) if (!agents.has(agent)) this.#attempts.delete(agent);
  }
}

/**
 * Whether what became of the last try is on record. An end of the agent's own doing is counted by backoff, and one by the
 * server's death after a while is nobody's fault here. A server that dies with what has just been started may die of it.
 */
const speaksForItself = ({ reason, ranMs }: LastEnd, { baseMs }: Backoff): boolean =>
  reason !== 'server-gone' || (ranMs ?? 0) >= baseMs;

const wordOf = (released: Moment | null): string =>
  released === null ? '' : `${released.boot} ${released.ms}`;

/** Starts and restarts into the same configuration are the same thing; another edit is another one. */
function whatOf({ action, desired, reasons }: PlannedAction): string {
  switch (action) {
    case 'start':
    case 'restart':
    case 'reset':
      return `launch ${desired}`;
    case 'stop':
    case 'update':
    case 'adopt':
      return JSON.stringify([action, desired, reasons]);
  }
}
