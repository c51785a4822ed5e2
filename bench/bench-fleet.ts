import * as fs from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { copyPackage } from '../test/support/package-copy.js';
import { agentUnit } from '../test/support/user-manager.js';
import { ended, type Side } from './measure.js';

const root = path.dirname(import.meta.dirname);
const holder = 'mosaic-tmux-holder.service';
const controller = 'mosaic-fleet.service';

/** @returns the command's file, of a copy */
export function packageCopy(name: string, { codeCache = true } = {}): string {
  const target = path.join(homedir(), name);
  const file = copyPackage(root, target);
  const chunks = path.join(target, 'dist', 'chunks');
  for (const file of fs.readdirSync(chunks))
    if (!codeCache && file.endsWith('.cache')) fs.rmSync(path.join(chunks, file));
  return file;
}

/** A fleet of agents that sleep, on the private user manager. One at a time: unit names are per manager. */
export class BenchFleet {
  readonly directory: string;
  readonly home: string;
  readonly units = path.join(homedir(), '.config', 'systemd', 'user');
  readonly env: Readonly<Record<string, string>>;
  readonly #cli: string;
  readonly #names: readonly string[];
  readonly #suspended: boolean;

  constructor(cli: string, size: number, suspended = false) {
    this.#cli = cli;
    this.#suspended = suspended;
    this.#names = Array.from({ length: size }, (_, index) => `agent-${String(index + 1).padStart(4, '0')}`);
    this.directory = fs.mkdtempSync(path.join(homedir(), `fleet-${size}-`));
    this.home = path.join(this.directory, 'mosaic');
    this.env = {
      MOSAIC_HOME: this.home,
      XDG_STATE_HOME: path.join(this.directory, 'state'),
      NO_COLOR: '1',
    };
    fs.mkdirSync(path.join(this.home, 'fleet'), { recursive: true });
    fs.mkdirSync(path.join(this.directory, 'work'));
    this.replaceRoster();
  }

  fleet(...args: readonly string[]): Side {
    return { program: process.execPath, args: [this.#cli, ...args], env: this.env };
  }

  /** Everything that may not change in a pass without anything to do. */
  get places(): readonly string[] {
    return [this.home, path.join(this.directory, 'state'), this.units];
  }

  async install(env: Readonly<Record<string, string>> = {}): Promise<void> {
    fs.mkdirSync(path.dirname(this.#patience), { recursive: true });
    fs.writeFileSync(this.#patience, '[Service]\nTimeoutStartSec=10min\n');
    const side = this.fleet('install');
    await ended({ ...side, env: { ...side.env, ...env } });
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /**
   * Puts a whole file in the roster's place, as most editors do.
   *
   * @param more names of further agents
   */
  replaceRoster(more: readonly string[] = []): void {
    const file = path.join(this.home, 'fleet', 'roster.yaml');
    fs.writeFileSync(`${file}.new`, this.#roster(more));
    fs.renameSync(`${file}.new`, file);
  }

  /** Not timed. */
  start(): Promise<void> {
    return ended(this.fleet('apply'));
  }

  /** One call for all units: the least that a bring-up can cost. */
  startRaw(): Side {
    return { program: 'systemctl', args: ['--user', 'start', ...this.#names.map(agentUnit)] };
  }

  /** The predecessor's way. */
  startOneByOne(): readonly Side[] {
    return this.#names.map((name) => ({ program: 'systemctl', args: ['--user', 'start', agentUnit(name)] }));
  }

  /** Nothing runs, and no agent was ever applied. */
  async fresh(): Promise<void> {
    await this.#stop();
    for (const place of [path.join(this.home, 'fleet', 'agents'), path.join(this.directory, 'state')]) {
      fs.rmSync(place, { recursive: true, force: true });
    }
  }

  /** Nothing runs, and every file that the units read is there. */
  async prepared(): Promise<void> {
    const agents = path.join(this.home, 'fleet', 'agents');
    const saved = path.join(this.directory, 'agents-saved');
    if (!fs.existsSync(saved)) {
      await this.fresh();
      await this.start();
      fs.cpSync(agents, saved, { recursive: true });
    }
    await this.#stop();
    fs.cpSync(saved, agents, { recursive: true });
  }

  async dispose(): Promise<void> {
    await this.#stop();
    await ended(this.fleet('uninstall'));
    fs.rmSync(path.dirname(this.#patience), { recursive: true, force: true });
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  /** 300 agents that start at once, on two cores with other work, can exceed their units' 30 seconds. That is none of the bench's questions. */
  get #patience(): string {
    return path.join(this.units, 'mosaic-agent@.service.d', 'bench.conf');
  }

  #stop(): Promise<void> {
    return ended({
      program: 'systemctl',
      args: ['--user', 'stop', controller, 'mosaic-agent@*.service', holder],
    });
  }

  #roster(more: readonly string[]): string {
    const suspend = this.#suspended ? ', suspend: true' : '';
    return [
      'version: 1',
      'transport: tmux',
      'tmux: { socket_name: bench }',
      `defaults: { working_directory: ${path.join(this.directory, 'work')} }`,
      'runtimes:',
      '  sleeper: { command: [sleep, infinity] }',
      'agents:',
      ...[...this.#names, ...more].map(
        (name) => `  - { name: ${name}, runtime: sleeper, class: worker${suspend} }`,
      ),
      '',
    ].join('\n');
  }
}
