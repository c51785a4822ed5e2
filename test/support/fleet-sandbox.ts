import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { expect } from 'vitest';

const repository = path.resolve(import.meta.dirname, '../..');
export const cli = path.join(repository, 'dist', 'fleet.js');
export const demoAgent = path.join(repository, 'framework', 'demo', 'agent.mjs');

/** A roster line of an agent that only sleeps. @param more further fields */
export const sleeper = (name: string, more = ''): string =>
  `{ name: ${name}, runtime: sleeper, command: [sleep, infinity]${more} }`;

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Called with the pid once it runs. */
  readonly started?: (pid: number) => void;
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? os.homedir(),
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    if (child.pid !== undefined) options.started?.(child.pid);
  });
}

/** Waits until `probe` gives something, polling; fails with `what` after `timeoutMs`. */
export async function until<Value>(
  what: string,
  probe: () => Value | null | undefined | false | Promise<Value | null | undefined | false>,
  timeoutMs = 15_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

let number = 0;

/**
 * One fleet of its own on the private user manager: Mosaic home, state, socket. Unit names are per user manager, so
 * tests run one after another, and `dispose` leaves neither process nor file.
 */
export class FleetSandbox {
  readonly directory: string;
  readonly home: string;
  readonly state: string;
  readonly socket: string;
  readonly roster: string;
  readonly units = path.join(os.homedir(), '.config', 'systemd', 'user');

  constructor(homeName = 'mosaic') {
    if (process.env['FLEET_TEST_MANAGER'] === undefined) {
      throw new Error(
        'not beside a private user manager: run npm test, or test/support/with-user-manager -- npx vitest …',
      );
    }
    number += 1;
    this.directory = fs.mkdtempSync(path.join(os.homedir(), 'sandbox-'));
    this.home = path.join(this.directory, homeName);
    this.state = path.join(this.directory, 'state', 'mosaic', 'fleet');
    this.socket = `e2e-${process.pid}-${number}`;
    this.roster = path.join(this.home, 'fleet', 'roster.yaml');
    fs.mkdirSync(path.join(this.home, 'fleet'), { recursive: true });
    fs.mkdirSync(path.join(this.directory, 'work'));
  }

  get env(): Readonly<Record<string, string>> {
    return {
      MOSAIC_HOME: this.home,
      XDG_STATE_HOME: path.join(this.directory, 'state'),
      NO_COLOR: '1',
    };
  }

  /** Writes a roster: `agents` is YAML, one flow mapping per line without the dash; `settings` is YAML of the top level. */
  writeRoster(agents: readonly string[], settings = ''): void {
    const lines = [
      'version: 1',
      'transport: tmux',
      `tmux: { socket_name: ${this.socket} }`,
      ...(settings.includes('defaults:')
        ? []
        : [`defaults: { working_directory: ${JSON.stringify(this.work)} }`]),
      ...(settings === '' ? [] : [settings]),
      'agents:',
      ...agents.map((agent) => `  - ${agent}`),
    ];
    fs.writeFileSync(this.roster, `${lines.join('\n')}\n`);
  }

  get work(): string {
    return path.join(this.directory, 'work');
  }

  fleet(...args: readonly string[]): Promise<Run> {
    return this.fleetWith({}, ...args);
  }

  fleetWith(options: RunOptions, ...args: readonly string[]): Promise<Run> {
    return run(process.execPath, [cli, ...args], { ...options, env: { ...this.env, ...options.env } });
  }

  /** Runs fleet and expects an exit code; a surprise shows what was printed. */
  async expect(code: number, ...args: readonly string[]): Promise<Run> {
    const result = await this.fleet(...args);
    expect(result.code, `fleet ${args.join(' ')}\n${result.stdout}\n${result.stderr}`).toBe(code);
    return result;
  }

  async tmux(...args: readonly string[]): Promise<string> {
    return (await run('tmux', ['-u', '-L', this.socket, ...args])).stdout.trimEnd();
  }

  async serverPid(): Promise<number> {
    return Number(await this.tmux('display-message', '-p', '#{pid}'));
  }

  /** Brings up `a` and `b`, which sleep. @returns their pids by name */
  async upSleepers(): Promise<Readonly<Record<string, number>>> {
    this.writeRoster([sleeper('a'), sleeper('b')]);
    await this.expect(0, 'install');
    await this.expect(0, 'apply');
    return this.pids();
  }

  /** Pid of every agent's own process, by session name. */
  async pids(): Promise<Readonly<Record<string, number>>> {
    const listing = await this.tmux(
      'list-panes',
      '-a',
      '-f',
      '#{!=:#{@fleet_agent},}',
      '-F',
      '#{@fleet_agent} #{pane_id} #{@fleet_pane} #{pane_pid}',
    );
    const rows = listing === '' ? [] : listing.split('\n').map((line) => line.split(' '));
    return Object.fromEntries(
      rows
        .filter(([, pane, own]) => pane === own)
        .map(([agent = '', , , pid]): [string, number] => [agent, Number(pid)]),
    );
  }

  async dispose(): Promise<void> {
    // The controller first: it would start again what is stopped here.
    await run('systemctl', ['--user', 'stop', 'mosaic-fleet.service']);
    await run('systemctl', ['--user', 'stop', 'mosaic-agent@*.service', 'mosaic-tmux-holder.service']);
    await run('systemctl', ['--user', 'reset-failed']);
    for (const name of fs.existsSync(this.units) ? fs.readdirSync(this.units) : []) {
      if (name.startsWith('mosaic-')) fs.rmSync(path.join(this.units, name), { recursive: true });
    }
    fs.rmSync(path.join(this.units, 'default.target.wants'), { recursive: true, force: true });
    await run('systemctl', ['--user', 'daemon-reload']);
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Pids of all live processes whose command line holds `text`. */
export function processesWith(text: string): readonly number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Content, mode and time of every file below some directories: any write shows. */
export function snapshot(...directories: readonly string[]): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  const walk = (directory: string): void => {
    for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
      const file = path.join(directory, entry.name);
      const stat = fs.lstatSync(file);
      files[file] =
        `${stat.mode.toString(8)} ${stat.ino} ${stat.mtimeMs} ${entry.isFile() ? fs.readFileSync(file, 'latin1') : ''}`;
      if (entry.isDirectory()) walk(file);
    }
  };
  for (const directory of directories) if (fs.existsSync(directory)) walk(directory);
  return files;
}

/** A directory of wrappers that note every call of systemctl and tmux before they become the real program. */
export function countingPath(directory: string): { readonly path: string; calls: () => readonly string[] } {
  const bin = path.join(directory, 'counting-bin');
  const log = path.join(directory, 'calls.log');
  fs.mkdirSync(bin, { recursive: true });
  fs.writeFileSync(log, '');
  for (const program of ['systemctl', 'tmux', 'systemd-notify']) {
    const text = `#!/bin/bash\nprintf '%s\\n' "${program} $*" >>'${log}'\nPATH=\${PATH#'${bin}':} exec ${program} "$@"\n`;
    fs.writeFileSync(path.join(bin, program), text, { mode: 0o755 });
  }
  return {
    path: `${bin}:${process.env['PATH'] ?? ''}`,
    calls: () =>
      fs
        .readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
  };
}
