import type { Outcome } from '../controller/port.js';
import { hastenCgroupMoves } from '../host/cgroup-moves.js';
import { describeExec, type Exec } from '../host/exec.js';

const holder = 'mosaic-tmux-holder.service';
/** Above the units' own TimeoutStartSec, plus the manager's work for a large batch. */
const startTimeoutMs = 120_000;
/** systemd needs this long beyond the grace to kill and reap a cgroup. */
const stopMarginMs = 30_000;
const quickMs = 30_000;

const unit = (agent: string): string => `mosaic-agent@${agent}.service`;

/** Verbs on units, one process each however many units. Bounded in time. */
export class SystemdUnits {
  readonly #exec: Exec;

  constructor(exec: Exec) {
    this.#exec = exec;
  }

  /** A holder that failed at its start limit starts again only after `reset-failed`. */
  async startHolder(): Promise<Outcome> {
    const first = await this.#run(startTimeoutMs, 'start', holder);
    if (first === null) return null;
    await this.#run(quickMs, 'reset-failed', holder);
    const second = await this.#run(startTimeoutMs, 'start', holder);
    return second === null
      ? null
      : `the holder of the tmux server did not start: ${second} (why: journalctl --user -u ${holder} -n 20)`;
  }

  /** Only puts the job into systemd's queue: who needs the holder starts it, too, and waits. */
  hastenHolder(): void {
    void this.#exec(
      'systemctl',
      ['--user', '--no-pager', '--no-ask-password', '--no-block', 'start', '--', holder],
      { timeoutMs: quickMs, output: 'ignored' },
    );
  }

  /** One call: each agent's unit waits for the holder's by itself. Only where it fails it matters who did. */
  async startHolderAnd(
    agents: readonly string[],
  ): Promise<{ readonly holder: Outcome; readonly units: Outcome }> {
    const first = await this.#run(startTimeoutMs, 'start', holder, ...agents.map(unit));
    if (first === null || (await this.#run(quickMs, 'is-active', holder)) === null)
      return { holder: null, units: first };
    const failure = await this.startHolder();
    return { holder: failure, units: failure === null ? await this.start(agents) : null };
  }

  /** systemd remembers a failed unit for ever, its template being gone, too. Best effort: nothing depends on it. */
  async forgetFailed(agents: readonly string[]): Promise<void> {
    if (agents.length > 0) await this.#run(quickMs, 'reset-failed', ...agents.map(unit));
  }

  start(agents: readonly string[]): Promise<Outcome> {
    return this.#run(startTimeoutMs, 'start', ...agents.map(unit));
  }

  stop(agents: readonly string[], graceMs: number): Promise<Outcome> {
    return this.#run(graceMs + stopMarginMs, 'stop', ...agents.map(unit));
  }

  restart(agents: readonly string[], graceMs: number): Promise<Outcome> {
    return this.#run(graceMs + stopMarginMs + startTimeoutMs, 'restart', ...agents.map(unit));
  }

  stopHolder(): Promise<Outcome> {
    return this.#run(stopMarginMs, 'stop', holder);
  }

  /** Only where it runs; waits until it has looked at the host. */
  restartController(): Promise<Outcome> {
    return this.#run(startTimeoutMs, 'try-restart', 'mosaic-fleet.service');
  }

  reload(): Promise<Outcome> {
    return this.#run(quickMs, 'daemon-reload');
  }

  enable(units: readonly string[]): Promise<Outcome> {
    return this.#run(quickMs, 'enable', ...units);
  }

  disable(units: readonly string[]): Promise<Outcome> {
    return this.#run(quickMs, 'disable', ...units);
  }

  async #run(timeoutMs: number, verb: string, ...units: readonly string[]): Promise<Outcome> {
    if (verb === 'start' || verb === 'restart') hastenCgroupMoves();
    const result = await this.#exec(
      'systemctl',
      ['--user', '--no-pager', '--no-ask-password', verb, '--', ...units],
      {
        timeoutMs,
      },
    );
    return result.kind === 'exited' && result.code === 0 ? null : describeExec('systemctl', result);
  }
}
