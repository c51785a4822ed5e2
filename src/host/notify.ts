import type { Exec } from './exec.js';

/**
 * Reports to systemd. Node has no datagram sockets, so each report is one `systemd-notify` process; without
 * NOTIFY_SOCKET (started by hand) nothing is spawned. Reports arrive in the order they are made.
 */
export class Notifier {
  readonly #exec: Exec;
  readonly #wanted: boolean;
  #status = '';
  #sent: Promise<void> = Promise.resolve();

  constructor(exec: Exec, env: Readonly<Record<string, string | undefined>>) {
    this.#exec = exec;
    this.#wanted = (env['NOTIFY_SOCKET'] ?? '') !== '';
  }

  /** Feeds the watchdog too: READY alone does not (systemd 252), and a roster that is edited without a pause ends in one. */
  ready(status: string): Promise<void> {
    this.#status = status;
    return this.#send(() => ['--ready', `--status=${status}`, 'WATCHDOG=1']);
  }

  /** Feeds the watchdog, and with it says how things are. */
  alive(status: string): Promise<void> {
    const changed = status !== this.#status;
    this.#status = status;
    return this.#send(() => ['WATCHDOG=1', ...(changed ? [`--status=${status}`] : [])]);
  }

  /** RELOADING=1 needs the moment on the monotonic clock since systemd 253; 252 ignores it. Ended by `ready`. */
  reloading(): Promise<void> {
    return this.#send(() => ['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`]);
  }

  stopping(status: string): Promise<void> {
    return this.#send(() => ['STOPPING=1', `--status=${status}`]);
  }

  #send(words: () => readonly string[]): Promise<void> {
    if (!this.#wanted) return Promise.resolve();
    this.#sent = this.#sent.then(async () => {
      await this.#exec('systemd-notify', words(), { timeoutMs: 5000, output: 'ignored' });
    });
    return this.#sent;
  }
}
