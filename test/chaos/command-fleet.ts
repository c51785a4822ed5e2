import * as fs from 'node:fs';
import * as path from 'node:path';
import { eventually, show, systemctl } from '../support/user-manager.js';
import { FaultyFleet } from './faulty-fleet.js';
import { readTree, type FileTree } from './file-tree.js';
import { livingPids, look } from './look.js';
import { controllerUnit } from './soak-fleet.js';

/** Two agents, each with a conversation and a first message, and the installed controller; or none of it running. */
export class CommandFleet extends FaultyFleet {
  readonly manifest = path.join(this.home, 'fleet', 'installed.json');
  readonly environment = path.join(this.home, 'fleet', 'environment');
  readonly template = path.join(this.home, 'fleet', 'kick.md');
  readonly tools = path.join(this.home, 'tools');
  readonly revisions = path.join(this.state, 'revisions');
  readonly exported = path.join(this.directory, 'exported.yaml');

  readonly templateText = 'You are {name}.\n';
  readonly rosterText = `# the roster of this fleet
version: 1
transport: tmux
tmux: { socket_name: ${this.places.socket} }
defaults: { working_directory: ${this.places.work} }
agents:
${['a', 'b'].map((name) => this.#agent(name)).join('\n')}
`;

  #agent(name: string): string {
    const demo = path.join(this.directory, 'package', 'framework', 'demo', 'agent.mjs');
    return `  - ${JSON.stringify({
      ...{ name, runtime: 'demo', command: [process.execPath, demo, '--think', '0', '{conversation}'] },
      env: { DEMO_AGENT_DIR: path.join(this.directory, 'demo-home'), SOAK_RUN: this.places.marker },
      ...{ kickstart_template: 'kick.md', resources: { tasks_max: 500 } },
    })}`;
  }

  async up(): Promise<void> {
    fs.writeFileSync(this.template, this.templateText);
    fs.writeFileSync(this.roster, this.rosterText);
    await this.must([0], 'install', '--enable');
    await this.must([0], 'apply');
    await this.controllerStarted();
  }

  /** Stops everything as an operator would. */
  async down(): Promise<void> {
    await systemctl('stop', controllerUnit);
    await this.must([0], 'stop');
  }

  /** What these commands write, and nobody else does; while nothing runs, all that is fleet's but locks. */
  files(runs: boolean): FileTree {
    const agents = path.join(this.home, 'fleet', 'agents');
    const locks = path.join(this.state, 'locks');
    return readTree(
      [
        this.home,
        this.units,
        ...(runs ? [] : [this.state]),
        ...(fs.existsSync(this.exported) ? [this.exported] : []),
      ],
      (file) =>
        (!file.startsWith(this.units) || file.includes('/mosaic-')) &&
        !isUnfinished(file) &&
        !file.startsWith(locks) &&
        !(runs && file.startsWith(agents)),
    );
  }

  /** Pids that no such command changes. */
  async pids(): Promise<Readonly<Record<string, number>>> {
    const seen = await look(this);
    return { ...Object.fromEntries(livingPids(seen)), server: seen.server ?? 0 };
  }

  /** Waits until the controller has become what it is to be. @returns its pid; 0: none */
  async controllerAtRest(): Promise<number> {
    await eventually('the controller is active', async () => {
      const { ActiveState, Job } = await show(controllerUnit, 'ActiveState', 'Job');
      return (ActiveState === 'active' || ActiveState === 'inactive') && (Job === '' || Job === '0');
    }, 30_000); // prettier-ignore
    return this.controllerPid();
  }
}

/** A file that somebody began to write, and has not put into place. */
export const isUnfinished = (file: string): boolean => /\.fleet\.tmp$|^\.[0-9]/.test(path.basename(file));
