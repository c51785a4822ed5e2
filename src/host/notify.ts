import type { Exec } from './exec.js';

/**
 * Reports to systemd. Node has no datagram sockets, so each report is one `systemd-notify` process; without
 * NOTIFY_SOCKET (started by hand) nothing is spawned.
 */
export class Notifier {
  readonly #exec: Exec;
  readonly #wanted: boolean;
  #last = '';

  constructor(exec: Exec, env: Readonly<Record<string, string | undefined>>) {
    this.#exec = exec;
    this.#wanted = (env['NOTIFY_SOCKET'] ?? '') !== '';
  }

  ready(status: string): Promise<void> {
    this.#last = status;
    return this.#send(['--ready', `--status=${status}`]);
  }

  /** Feeds the watchdog, and with it says how things are. */
  alive(status: string): Promise<void> {
    const changed = status !== this.#last;
    this.#last = status;
    return this.#send(['WATCHDOG=1', ...(changed ? [`--status=${status}`] : [])]);
  }

  /** RELOADING=1 needs the moment on the monotonic clock since systemd 253; 252 ignores it. */
  reloading(): Promise<void> {
    return this.#send(['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`]);
  }

  reloaded(status: string): Promise<void> {
    return this.ready(status);
  }

  stopping(status: string): Promise<void> {
    return this.#send(['STOPPING=1', `--status=${status}`]);
  }

  async #send(words: readonly string[]): Promise<void> {
    if (this.#wanted) await this.#exec('systemd-notify', words, { timeoutMs: 5000 });
  }
}
