import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { eventually } from '../test/support/user-manager.js';
import { ended, type Side } from './measure.js';

/** supervisord's version, or null where it is not installed (apt-get install supervisor). */
export function supervisorVersion(): string | null {
  const { status, stdout } = spawnSync('supervisord', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** A real supervisord with as many sleeping programs as the fleet has agents. */
export class Supervisor {
  readonly #directory: string;
  readonly #running: number;

  constructor(size: number, suspended: boolean) {
    this.#running = suspended ? 0 : size;
    this.#directory = fs.mkdtempSync(path.join(homedir(), 'supervisor-'));
    const programs = Array.from({ length: size }, (_, index) =>
      [
        `[program:agent-${String(index + 1).padStart(4, '0')}]`,
        'command=/bin/sleep infinity',
        `autostart=${String(!suspended)}`,
        'startsecs=0',
        'stdout_logfile=NONE',
        'stderr_logfile=NONE',
      ].join('\n'),
    );
    fs.writeFileSync(this.#config, `${this.#head()}\n${programs.join('\n')}\n`);
  }

  async start(): Promise<void> {
    await ended({ program: 'supervisord', args: ['-c', this.#config] });
    await eventually(
      'supervisord runs every program',
      () => {
        const args = ['-c', this.#config, 'status'];
        const { status, stdout } = spawnSync('supervisorctl', args, { encoding: 'utf8' });
        // 3: it answers, and some programs do not run.
        if (status !== 0 && status !== 3) return false;
        return stdout.split('\n').filter((line) => line.includes(' RUNNING ')).length === this.#running;
      },
      120_000,
    );
  }

  /** Reads the configuration again and finds nothing to do: what `fleet apply` is without changes. */
  update(): Side {
    return { program: 'supervisorctl', args: ['-c', this.#config, 'update'] };
  }

  get pid(): number {
    return Number(fs.readFileSync(this.#file('pid'), 'utf8'));
  }

  async stop(): Promise<void> {
    if (fs.existsSync(this.#file('pid'))) {
      const { pid } = this;
      process.kill(pid, 'SIGTERM');
      await eventually('supervisord ended', () => !fs.existsSync(`/proc/${pid}`), 60_000);
    }
    fs.rmSync(this.#directory, { recursive: true });
  }

  get #config(): string {
    return this.#file('conf');
  }

  #file(ending: string): string {
    return path.join(this.#directory, `supervisor.${ending}`);
  }

  #head(): string {
    return `[unix_http_server]
file=${this.#file('sock')}
[supervisord]
pidfile=${this.#file('pid')}
logfile=${this.#file('log')}
childlogdir=${this.#directory}
directory=${this.#directory}
minfds=8192
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${this.#file('sock')}`;
  }
}
