import type { PlannedAction } from './action.js';
import { delayMs } from './backoff.js';
import type { Backoff } from '../roster/types.js';

interface Attempt {
  readonly what: string;
  /** Tries in a row of the same thing. */
  readonly count: number;
  /** When the last was begun, milliseconds on a clock that no one sets. */
  readonly last: number;
}

const fallback: Backoff = { baseMs: 10_000, maxMs: 600_000, resetAfterMs: 600_000, stallAfter: 5 };

/**
 * How often the controller itself tries the same thing. Backoff counts ends that were written down; this needs no
 * record: an action that fails at once, a unit that dies without a trace, a file that cannot be written, all come back
 * as the same planned action, and each try after the second waits longer.
 */
export class Pace {
  readonly #attempts = new Map<string, Attempt>();

  /** Milliseconds until this may be tried. */
  waitMs(action: PlannedAction, policy: Backoff | null, now: number): number {
    const attempt = this.#attempts.get(action.agent);
    const { resetAfterMs } = policy ?? fallback;
    if (attempt?.what !== whatOf(action) || now - attempt.last >= resetAfterMs) return 0;
    return Math.max(0, attempt.last + delayMs(attempt.count, policy ?? fallback) - now);
  }

  begun(action: PlannedAction, policy: Backoff | null, now: number): void {
    const before = this.#attempts.get(action.agent);
    const recent = before?.what === whatOf(action) && now - before.last < (policy ?? fallback).resetAfterMs;
    this.#attempts.set(action.agent, {
      what: whatOf(action),
      count: recent ? before.count + 1 : 1,
      last: now,
    });
  }

  /** Agents that are gone from roster and host need no memory. */
  keepOnly(agents: ReadonlySet<string>): void {
    for (const agent of this.#attempts.keys()) if (!agents.has(agent)) this.#attempts.delete(agent);
  }
}

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
