import type { Roster } from '../roster/types.js';

/** Milliseconds. A start takes some 60 to be told as done. */
const restMs = 200;

/**
 * What has just begun is left alone for a moment: a look would show it half done, and take a processor from it. Its end is a
 * reason to look by itself, and so is another roster.
 */
export class Rest {
  #roster: Roster | null = null;
  #since = -Infinity;

  /** @param now milliseconds on a clock that no one sets */
  begun(roster: Roster, now: number): void {
    this.#roster = roster;
    this.#since = now;
  }

  /**
   * How long no look is taken, milliseconds; 0: it may be taken.
   *
   * @param busy whether something is under way
   */
  leftMs(roster: Roster, busy: boolean, now: number): number {
    return busy && roster === this.#roster ? Math.max(0, this.#since + restMs - now) : 0;
  }
}
