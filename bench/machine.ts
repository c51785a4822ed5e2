import { spawnSync } from 'node:child_process';
import * as os from 'node:os';
import { rivals, type Rivals } from './rivals.js';

/** What the figures depend on. */
export interface Machine extends Rivals {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly tmux: string;
  readonly systemd: string;
}

export const machine = (): Machine => ({
  date: new Date().toISOString(),
  cpu: os.cpus()[0]?.model ?? 'unknown',
  cores: os.availableParallelism(),
  kernel: os.release(),
  node: process.versions.node,
  tmux: firstLine('tmux', '-V'),
  systemd: firstLine('systemctl', '--version'),
  ...rivals(),
});

/** The load average of the last minute, the bench's own included. */
export const load = (): number => Number(os.loadavg()[0]?.toFixed(1));

function firstLine(program: string, argument: string): string {
  const { stdout } = spawnSync(program, [argument], { encoding: 'utf8' });
  return stdout.split('\n')[0] ?? 'unknown';
}
