import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installFramework, writeLaunch, type Installation, type Launch } from './install-framework.js';
import {
  agentUnit,
  eventually,
  freshDirectory,
  requirePrivateManager,
  run,
  systemctl,
} from './user-manager.js';
import type { Outcome } from './user-manager.js';

export const holderUnit = 'mosaic-tmux-holder.service';
export const demoAgent = fileURLToPath(new URL('../../framework/demo/agent.mjs', import.meta.url));

/** What a test needs to know of an agent's session. */
export interface Pane {
  readonly session: string;
  readonly pane: string;
  readonly pid: number;
  readonly dead: boolean;
}

/** A fleet of host assets alone: no TypeScript of the product takes part. */
export class FrameworkFleet {
  private constructor(
    readonly installation: Installation,
    readonly directory: string,
  ) {}

  /** Installs into a new home below the private HOME, and starts the holder unless told otherwise. */
  static async create(
    socket: string,
    { homeName = 'mosaic', environment = {}, start = true }: CreateOptions = {},
  ): Promise<FrameworkFleet> {
    requirePrivateManager();
    const directory = freshDirectory(socket);
    const home = join(directory, homeName);
    const installation = { home, socket, holder: '_holder', state: join(directory, 'state') };
    await mkdir(join(directory, 'work'));
    await installFramework(installation, environment);
    await systemctl('daemon-reload');
    const fleet = new FrameworkFleet(installation, directory);
    if (start) await fleet.startHolder();
    return fleet;
  }

  async startHolder(): Promise<void> {
    const { code, stderr } = await systemctl('start', holderUnit);
    if (code !== 0) throw new Error(`the holder did not start: ${stderr}${managerLog()}`);
  }

  get work(): string {
    return join(this.directory, 'work');
  }

  tmux(...args: readonly string[]): Promise<Outcome> {
    return run('tmux', ['-N', '-u', '-L', this.installation.socket, ...args]);
  }

  async launch(launch: Partial<Launch> & Pick<Launch, 'agent' | 'command'>): Promise<void> {
    await writeLaunch(this.installation, { directory: this.work, ...launch });
  }

  /** Writes the record, starts the unit, and gives its pane. */
  async start(launch: Partial<Launch> & Pick<Launch, 'agent' | 'command'>): Promise<Pane> {
    await this.launch(launch);
    const { code, stderr } = await systemctl('start', agentUnit(launch.agent));
    if (code !== 0) throw new Error(`${launch.agent} did not start: ${stderr}${managerLog()}`);
    return this.pane(launch.agent);
  }

  async panes(): Promise<Map<string, Pane>> {
    const format = '#{@fleet_agent}/#{session_id}/#{pane_id}/#{@fleet_pane}/#{pane_pid}/#{pane_dead}';
    const { stdout } = await this.tmux('list-panes', '-a', '-F', format);
    const found = new Map<string, Pane>();
    for (const line of stdout.split('\n')) {
      const [agent = '', session = '', pane = '', own, pid, dead] = line.split('/');
      if (agent !== '' && pane === own)
        found.set(agent, { session, pane, pid: Number(pid), dead: dead === '1' });
    }
    return found;
  }

  async pane(agent: string): Promise<Pane> {
    const found = (await this.panes()).get(agent);
    if (found === undefined) throw new Error(`no pane of ${agent}`);
    return found;
  }

  async serverPid(): Promise<number> {
    return Number((await this.tmux('display-message', '-p', '#{pid}')).stdout);
  }

  async screen(pane: string): Promise<string> {
    return (await this.tmux('capture-pane', '-p', '-J', '-t', pane, '-S', '-')).stdout;
  }

  async seen(pane: string, text: string): Promise<string> {
    return eventually(`${text} on the screen`, async () => {
      const screen = await this.screen(pane);
      return screen.includes(text) && screen;
    });
  }

  /** First line and rest of an agent's exit record. */
  async exitRecord(agent: string): Promise<{ facts: Record<string, string>; lines: string[] }> {
    const path = join(this.installation.state, 'exits', agent);
    const text = await eventually(`exit record of ${agent}`, () => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return null;
      }
    });
    const [first = '', ...lines] = text.replace(/\n$/, '').split('\n');
    const facts = Object.fromEntries(
      first.split(' ').map((fact): [string, string] => {
        const at = fact.indexOf('=');
        return at < 0 ? ['version', fact] : [fact.slice(0, at), fact.slice(at + 1)];
      }),
    );
    return { facts, lines };
  }

  /** Ends everything, whatever state the tests left it in. */
  async end(): Promise<void> {
    const server = await this.serverPid();
    if (server > 0) process.kill(server, 'SIGCONT');
    await systemctl('stop', 'mosaic-agent@*.service', holderUnit);
    await this.tmux('kill-server');
    await systemctl('reset-failed');
  }
}

export interface CreateOptions {
  readonly homeName?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly start?: boolean;
}

/** What the manager and its units printed so far. */
export const managerLog = (): string => readFileSync(process.env['FLEET_TEST_MANAGER_LOG'] ?? '', 'utf8');
