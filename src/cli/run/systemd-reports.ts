import type { Notifier } from '../../host/notify.js';

/**
 * What systemd is told, and when.
 *
 * READY after the first pass that came as far as a look, also one that could not see everything: the status then says
 * so, while a start that timed out would have systemd kill and start the controller in circles. The watchdog is fed by
 * such passes alone. RELOADING around a change of the roster, and from a SIGHUP until a pass that began after it has
 * ended; whoever asked is answered when systemd has taken the READY.
 */
export class SystemdReports {
  readonly #notifier: Notifier;
  readonly #status: () => string;
  readonly #aliveMs: number;
  readonly #now: () => number;
  #ready = false;
  #reloading = false;
  /** Whether the reload was asked for after the pass under way had begun, which may have read the old roster. */
  #askedSince = false;
  #answers: readonly (() => void)[] = [];
  #lastAlive = -Infinity;
  #told = '';

  /**
   * @param aliveMs systemd is told at most so often how things are, and half as often that they are as they were
   * @param now a clock that no one sets, milliseconds
   */
  constructor(
    notifier: Notifier,
    status: () => string,
    aliveMs: number,
    now: () => number = () => performance.now(),
  ) {
    this.#notifier = notifier;
    this.#status = status;
    this.#aliveMs = aliveMs;
    this.#now = now;
  }

  /** The pass under way takes up another roster. */
  rosterChanged(): void {
    this.#reload();
  }

  /**
   * Somebody wants everything to be looked at anew.
   *
   * @param answer called once that has been done, and systemd knows
   */
  reloadAsked(answer: () => void = () => undefined): void {
    this.#askedSince = true;
    this.#answers = [...this.#answers, answer];
    this.#reload();
  }

  /** A pass begins. */
  began(): void {
    this.#askedSince = false;
  }

  /** A pass has ended. Nothing waits for the report: the next pass may be due. */
  passed(looked: boolean): void {
    if (!looked) return;
    const now = this.#now();
    const status = this.#status();
    const answers = this.#askedSince ? [] : this.#answers;
    if (!this.#ready || answers.length > 0 || (this.#reloading && !this.#askedSince)) {
      this.#ready = true;
      this.#reloading = false;
      if (!this.#askedSince) this.#answers = [];
      void this.#notifier.ready(status).then(() => {
        for (const answer of answers) answer();
      });
    } else if (now - this.#lastAlive >= (status === this.#told ? 2 : 1) * this.#aliveMs)
      void this.#notifier.alive(status);
    else return;
    this.#told = status;
    this.#lastAlive = now;
  }

  stopping(status: string): Promise<void> {
    return this.#notifier.stopping(status);
  }

  #reload(): void {
    if (!this.#ready || this.#reloading) return;
    this.#reloading = true;
    void this.#notifier.reloading();
  }
}
