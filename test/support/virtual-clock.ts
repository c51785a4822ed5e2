import { setImmediate as nextTurn } from 'node:timers/promises';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * Time that passes only when it is told to. Two clocks: one that no one sets, and a wall clock that may jump. Timers run
 * in the order they are due, those of one moment in the order they were set; after each, everything that follows from
 * it without waiting has happened before the next one runs.
 */
export class VirtualClock {
  #monotonic = 1_000_000;
  #wall: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** @param wall epoch milliseconds of its beginning */
  constructor(wall = Date.UTC(2026, 0, 1)) {
    this.#wall = wall - this.#monotonic;
  }

  /** Milliseconds on the clock that no one sets. */
  readonly monotonic = (): number => this.#monotonic;

  /** Epoch milliseconds. */
  readonly now = (): number => this.#monotonic + this.#wall;

  /** Somebody sets the wall clock, by so many milliseconds. Timers do not notice. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** Calls back once after so many milliseconds; the returned function cancels. */
  readonly after = (ms: number, callback: () => void): (() => void) => {
    const due = this.#monotonic + Math.max(0, Math.ceil(ms));
    const timer = { due, order: (this.#order += 1), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      this.after(ms, resolve);
    });

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets so many milliseconds pass. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms;
    await nextTurn();
    for (let timer = this.#nextBy(until); timer !== null; timer = this.#nextBy(until)) {
      this.#timers.delete(timer);
      this.#monotonic = Math.max(this.#monotonic, timer.due);
      timer.callback();
      await nextTurn();
    }
    this.#monotonic = until;
  }

  #nextBy(until: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.due > until) continue;
      if (next === null || timer.due < next.due || (timer.due === next.due && timer.order < next.order))
        next = timer;
    }
    return next;
  }
}
