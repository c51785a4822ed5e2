import { spawn } from 'node:child_process';
import { processes } from '../../demo/processes.js';
import { run } from '../support/user-manager.js';
import { alive } from './look.js';
import type { SoakFleet } from './soak-fleet.js';

/** What has nothing to do with fleet and must live through everything. */
export class Foreign {
  /** Who was there before fleet was. */
  readonly before: ReadonlySet<number>;
  readonly #pids: readonly number[];

  private constructor(before: ReadonlySet<number>, pids: readonly number[]) {
    this.before = before;
    this.#pids = pids;
  }

  static async create({ places: { socket } }: SoakFleet): Promise<Foreign> {
    const before = new Set(processes().map(({ pid }) => pid));
    const { stdout } = await run('tmux', ['-L', `${socket}-other`, 'new-session', '-d', '-P', '-F', '#{pid} #{pane_pid}', 'sleep 1000000']); // prettier-ignore
    const unit = spawn('systemd-run', ['--user', '--quiet', '--unit=other.service', 'sleep', '1000001'], { stdio: 'ignore' }); // prettier-ignore
    await new Promise((resolve) => unit.once('close', resolve));
    const shown = await run('systemctl', ['--user', 'show', '--value', '-p', 'MainPID', 'other.service']);
    return new Foreign(before, [...stdout.trim().split(' ').map(Number), Number(shown.stdout)]);
  }

  family(): readonly number[] {
    return this.#pids;
  }

  problems(): readonly string[] {
    return this.#pids
      .filter((pid) => !alive(pid))
      .map((pid) => `process ${pid}, which is not fleet's, was ended`);
  }

  end(): void {
    for (const pid of this.#pids) {
      try {
        if (pid > 0) process.kill(pid, 'SIGTERM');
      } catch {
        // It has ended, perhaps in this moment.
      }
    }
  }
}
