/** Another command is at work: it is looked again soon. Milliseconds. */
const soonMs = 250;
/** Whoever has it for longer than commands take (stopped by Ctrl-Z, or a slow stop) is asked more seldom. Milliseconds. */
const longMs = 10_000;
const seldomMs = 2500;

/** How long the controller waits between its tries to get the lock that commands share. */
export class LockPatience {
  #since: number | null = null;

  /**
   * Another has it.
   *
   * @param now milliseconds on a clock that no one sets
   * @returns milliseconds until the next try
   */
  refused(now: number): number {
    this.#since ??= now;
    return now - this.#since < longMs ? soonMs : seldomMs;
  }

  given(): void {
    this.#since = null;
  }
}
