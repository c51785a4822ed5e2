import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { copyPackage } from '../support/package-copy.js';
import {
  eventually,
  requirePrivateManager,
  run,
  show,
  systemctl,
  type Outcome,
} from '../support/user-manager.js';
import type { Places } from './declared.js';

export const controllerUnit = 'mosaic-fleet.service';
export const holderUnit = 'mosaic-tmux-holder.service';

/** Where the checkout is: this runs from the sources and from a bundle. */
export function checkout(): string {
  let directory = import.meta.dirname;
  while (!fs.existsSync(path.join(directory, 'package.json'))) directory = path.dirname(directory);
  return directory;
}

/** A fleet on the private user manager with the installed controller, and hands to do things to it behind its back. */
export class SoakFleet {
  readonly directory = fs.mkdtempSync(path.join(homedir(), 'soak-'));
  readonly home = path.join(this.directory, 'mosaic');
  readonly state = path.join(this.directory, 'state', 'mosaic', 'fleet');
  readonly roster = path.join(this.home, 'fleet', 'roster.yaml');
  readonly units = path.join(homedir(), '.config', 'systemd', 'user');
  readonly calls = path.join(this.directory, 'calls.log');
  readonly places: Places;
  protected readonly cli = path.join(this.directory, 'package', 'dist', 'fleet.js');
  protected readonly env: NodeJS.ProcessEnv;

  constructor() {
    requirePrivateManager();
    const name = path.basename(this.directory);
    const root = checkout();
    copyPackage(root, path.join(this.directory, 'package'));
    this.places = {
      socket: name,
      work: path.join(this.directory, 'work'),
      diary: path.join(this.directory, 'diary'),
      agentProgram: path.join(this.directory, 'agent.sh'),
      marker: name,
    };
    fs.copyFileSync(path.join(root, 'test', 'chaos', 'agent.sh'), this.places.agentProgram);
    for (const place of [path.dirname(this.roster), this.places.work, this.places.diary]) {
      fs.mkdirSync(place, { recursive: true });
    }
    this.env = {
      ...process.env,
      MOSAIC_HOME: this.home,
      XDG_STATE_HOME: path.join(this.directory, 'state'),
      NO_COLOR: '1',
    };
  }

  /** Runs fleet to its end, at most for a minute (124 then). */
  fleet(...words: readonly string[]): Promise<Outcome> {
    return this.node([this.cli, ...words]);
  }

  /** As `fleet`, with the words of Node. */
  protected node(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, words, {
        ...{ cwd: this.directory, env: { ...this.env, ...env }, timeout: 60_000 },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code: code ?? 124, stdout, stderr }));
    });
  }

  tmux(...words: readonly string[]): Promise<Outcome> {
    return run('tmux', ['-N', '-u', '-L', this.places.socket, ...words]);
  }

  async install(): Promise<void> {
    const { code, stderr } = await this.fleet('install');
    if (code !== 0) throw new Error(`fleet install: exit ${code}\n${stderr}`);
    // The controller alone gets a PATH that counts what it starts.
    const bin = path.join(this.directory, 'counting-bin');
    fs.mkdirSync(bin);
    fs.writeFileSync(this.calls, '');
    for (const program of ['systemctl', 'tmux', 'systemd-notify']) {
      const text = `#!/bin/bash -p\necho '${program}' >>'${this.calls}'\nPATH=\${PATH#'${bin}':}\nexec ${program} "$@"\n`;
      fs.writeFileSync(path.join(bin, program), text, { mode: 0o755 });
    }
    const environment = path.join(this.directory, 'controller.env');
    fs.writeFileSync(environment, `PATH=${bin}:${process.env['PATH'] ?? ''}\n`);
    const dropIn = path.join(this.units, `${controllerUnit}.d`);
    fs.mkdirSync(dropIn, { recursive: true });
    fs.writeFileSync(path.join(dropIn, 'count.conf'), `[Service]\nEnvironmentFile=${environment}\n`);
    await systemctl('daemon-reload');
  }

  /** Main process of the controller's unit; 0 where it does not run. */
  async controllerPid(): Promise<number> {
    return Number((await show(controllerUnit, 'MainPID'))['MainPID']);
  }

  async controllerStarted(): Promise<void> {
    await systemctl('start', controllerUnit);
    await eventually('the controller is active', async () => {
      return (await show(controllerUnit, 'ActiveState'))['ActiveState'] === 'active';
    }, 30_000); // prettier-ignore
  }

  /** What the controller has told since the manager began, as it stands in the manager's log. */
  controllerLog(lines: number): string {
    const log = fs.readFileSync(process.env['FLEET_TEST_MANAGER_LOG'] ?? '/dev/null', 'utf8');
    return log.trimEnd().split('\n').slice(-lines).join('\n');
  }

  async dispose(): Promise<void> {
    await systemctl('stop', controllerUnit);
    await systemctl('stop', 'mosaic-agent@*.service', holderUnit);
    await systemctl('reset-failed');
    for (const name of fs.existsSync(this.units) ? fs.readdirSync(this.units) : []) {
      if (name.startsWith('mosaic-')) fs.rmSync(path.join(this.units, name), { recursive: true });
    }
    await systemctl('daemon-reload');
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
