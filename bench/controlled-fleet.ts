import * as fs from 'node:fs';
import { run, show, systemctl } from '../test/support/user-manager.js';
import { BenchFleet } from './bench-fleet.js';

const unit = 'mosaic-fleet.service';

/** What a process has cost so far. */
export interface Cost {
  /** Processor time of all its threads, milliseconds. */
  readonly own: number;
  /** The same of the programs it has waited for, in steps of 10. */
  readonly children: number;
  readonly rssMb: number;
  readonly anonymousMb: number;
}

/** A fleet with its installed controller under systemd. */
export class ControlledFleet extends BenchFleet {
  pid = 0;

  /** @param path PATH of the controller, for whoever counts what it starts */
  async up(path: string | null = null): Promise<void> {
    await this.install(path === null ? {} : { PATH: path });
    await this.start();
    await systemctl('start', unit);
    this.pid = Number((await show(unit, 'MainPID'))['MainPID']);
    await this.quiet();
  }

  /** Waits until the controller has slept for a second. */
  async quiet(): Promise<void> {
    let before = -1;
    for (let tries = 0; tries < 120; tries += 1) {
      const { own } = costOf(this.pid);
      if (own === before) return;
      before = own;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    throw new Error('the controller does not come to rest');
  }

  /** Pids of the agents' own processes, by name. */
  async panes(): Promise<ReadonlyMap<string, number>> {
    const format = '#{session_name} #{pane_pid}';
    const { stdout } = await run('tmux', ['-L', 'bench', 'list-panes', '-a', '-F', format]);
    return new Map(
      stdout
        .split('\n')
        .map((line) => line.split(' '))
        .map(([name = '', pid = '']) => [name, Number(pid)]),
    );
  }
}

/** Microseconds on the monotonic clock, as systemd tells moments. */
export const microseconds = (): number => Number(process.hrtime.bigint() / 1000n);

/** A moment of a unit that systemd has written down, microseconds on the monotonic clock; 0: never. */
export async function moment(
  name: string,
  which: 'ExecMainStart' | 'ActiveEnter' | 'InactiveEnter',
): Promise<number> {
  return Number((await show(name, `${which}TimestampMonotonic`))[`${which}TimestampMonotonic`]);
}

/** @throws where the process has ended */
export function costOf(pid: number): Cost {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  const own = threads.reduce((sum, thread) => {
    const [ran = '0'] = fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return sum + Number(ran) / 1e6;
  }, 0);
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0] = fields.slice(13, 15);
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { own, children: (user + system) * 10, rssMb: mb('VmRSS'), anonymousMb: mb('RssAnon') };
}
