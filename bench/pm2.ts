import * as fs from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { cacheDirectory, installProgram } from '../scripts/npm-program.mjs';
import { eventually } from '../test/support/user-manager.js';
import { childrenOf, sleepersOf } from './children.js';
import { ended, type Side } from './measure.js';

/** `pm2 --version` starts pm2's daemon; pm2-runtime's does not. */
const pm2 = { name: 'pm2', version: '7.0.4', program: '.bin/pm2-runtime' };

const cache = (): string => cacheDirectory('bench', process.env['FLEET_BENCH_CACHE']);
const directory = (): string => path.join(cache(), `${pm2.name}-${pm2.version}`);
const program = (): string => path.join(directory(), 'node_modules', 'pm2', 'bin', 'pm2');

/**
 * Before the private manager is entered: its home has no cache.
 *
 * @returns why it is not there, or null
 */
export function installPm2(): string | null {
  process.env['FLEET_BENCH_CACHE'] = cache();
  try {
    return installProgram(pm2, directory());
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Null where it could not be installed. */
export const pm2Version = (): string | null => (fs.existsSync(program()) ? pm2.version : null);

/** A real pm2 with a daemon of its own and as many sleeping programs as the fleet has agents. */
export class Pm2 {
  readonly #size: number;
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(size: number) {
    this.#size = size;
    this.#directory = fs.mkdtempSync(path.join(homedir(), 'pm2-'));
    // It would ask its maker for a newer one, and print an advertisement.
    const quiet = { PM2_DISABLE_VERSION_CHECK: 'true', PM2_DISCRETE_MODE: 'true' };
    this.#env = { PM2_HOME: this.#home, ...quiet };
    const apps = Array.from({ length: size }, (_, index) => ({
      name: `agent-${String(index + 1).padStart(4, '0')}`,
      script: '/bin/sleep',
      args: 'infinity',
      interpreter: 'none',
      out_file: '/dev/null',
      error_file: '/dev/null',
      vizion: false,
      pmx: false,
    }));
    fs.writeFileSync(this.#ecosystem, JSON.stringify({ apps }));
  }

  /** The daemon's. */
  get pid(): number {
    const pid = this.#daemon();
    if (pid === null) throw new Error('the daemon of pm2 does not run');
    return pid;
  }

  /** Not timed. */
  async start(): Promise<void> {
    await ended(this.#call('start', this.#ecosystem));
    await this.#allRun();
  }

  /** From nothing, the daemon included. */
  bringUp(): Side {
    return {
      ...this.#call('start', this.#ecosystem),
      prepare: () => this.#end(),
      check: () => this.#allRun(),
    };
  }

  /** What `fleet apply` is without changes, but for that it restarts everything. */
  reload(): Side {
    return { ...this.#call('startOrReload', this.#ecosystem), check: () => this.#allRun() };
  }

  list(): Side {
    return this.#call('list');
  }

  async stop(): Promise<void> {
    try {
      await this.#end();
    } finally {
      fs.rmSync(this.#directory, { recursive: true, force: true });
    }
  }

  /** Asks the daemon to end with what it has started; where that does not help, both are killed, by pid. `pm2 kill` would wait for ever for a daemon that hangs. */
  async #end(): Promise<void> {
    const daemon = this.#daemon();
    if (daemon !== null) {
      const programs = childrenOf(daemon);
      const gone = (): boolean => [daemon, ...programs].every((pid) => !fs.existsSync(`/proc/${pid}`));
      process.kill(daemon, 'SIGTERM');
      try {
        await eventually('pm2 ended', gone, 60_000);
      } catch {
        // The daemon before the others, which it would start again.
        const started = this.#daemon() === null ? [] : childrenOf(daemon);
        for (const pid of [daemon, ...new Set([...programs, ...started])]) killed(pid);
        await eventually('pm2 killed', gone);
      }
    }
    fs.rmSync(this.#home, { recursive: true, force: true });
  }

  /** Null where it does not run. Another process may have got the pid that is in the file. */
  #daemon(): number | null {
    try {
      const pid = Number(fs.readFileSync(path.join(this.#home, 'pm2.pid'), 'utf8'));
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(this.#home) ? pid : null;
    } catch {
      return null;
    }
  }

  async #allRun(): Promise<void> {
    await eventually(
      'pm2 runs every program',
      () => {
        const daemon = this.#daemon();
        return daemon !== null && sleepersOf(daemon).length === this.#size;
      },
      60_000,
    );
  }

  get #home(): string {
    return path.join(this.#directory, 'home');
  }

  get #ecosystem(): string {
    return path.join(this.#directory, 'ecosystem.json');
  }

  #call(...args: readonly string[]): Side {
    return { program: process.execPath, args: [program(), ...args], env: this.#env };
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
