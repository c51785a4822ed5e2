/** How often something has happened, told at the first time, the second, the fourth, the eighth … */
export interface Told {
  readonly count: number;
  /** When it happened first, epoch milliseconds. */
  readonly since: number;
}

/** What has not happened for so long begins anew, milliseconds. */
const forgetMs = 3_600_000;
/** So many different things are remembered. */
const mostKeys = 1000;

/** Keeps a log that grows with what is new and not with what repeats. */
export class Repetition {
  readonly #seen = new Map<string, Told & { readonly last: number }>();

  /**
   * @param key what makes two happenings the same
   * @param now epoch milliseconds
   * @returns what to tell of it, or null: nothing this time
   */
  note(key: string, now: number): Told | null {
    const before = this.#seen.get(key);
    const again = before !== undefined && Math.abs(now - before.last) < forgetMs;
    const told = again ? { count: before.count + 1, since: before.since } : { count: 1, since: now };
    // The latest stand last: what is forgotten for want of room is the oldest.
    this.#seen.delete(key);
    this.#seen.set(key, { ...told, last: now });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > mostKeys && oldest !== undefined) this.#seen.delete(oldest);
    return isPowerOfTwo(told.count) ? told : null;
  }
}

const isPowerOfTwo = (count: number): boolean => Number.isInteger(Math.log2(count));
