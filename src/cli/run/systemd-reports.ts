import type { Notifier } from '../../host/notify.js';

/** systemd is told at most so often that all is well. */
const aliveMs = 10_000;

/**
 * What systemd is told, and when: READY after the first look at everything, the watchdog fed by passes that ended, and
 * RELOADING around a change of the roster.
 */
export class SystemdReports {
  readonly #notifier: Notifier;
  readonly #status: () => string;
  readonly #now: () => number;
  #ready = false;
  #reloading = false;
  #lastAlive = -Infinity;

  /** @param now a clock that no one sets, milliseconds */
  constructor(notifier: Notifier, status: () => string, now: () => number = () => performance.now()) {
    this.#notifier = notifier;
    this.#status = status;
    this.#now = now;
  }

  /** Another roster is being taken up. */
  reloading(): void {
    if (!this.#ready || this.#reloading) return;
    this.#reloading = true;
    void this.#notifier.reloading();
  }

  /** A pass has ended. Nothing waits for the report: the next pass may be due. */
  passed(): void {
    const now = this.#now();
    if (!this.#ready || this.#reloading) void this.#notifier.ready(this.#status());
    else if (now - this.#lastAlive >= aliveMs) void this.#notifier.alive(this.#status());
    else return;
    this.#ready = true;
    this.#reloading = false;
    this.#lastAlive = now;
  }

  stopping(status: string): Promise<void> {
    return this.#notifier.stopping(status);
  }
}
