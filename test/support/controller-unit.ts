import * as fs from 'node:fs';
import * as path from 'node:path';
import { cli, until, type FleetSandbox } from './fleet-sandbox.js';
import { show, systemctl, type Outcome } from './user-manager.js';

const unit = 'mosaic-fleet.service';

/** The installed controller of one sandbox, under systemd, with its output in a file of its own. */
export class ControllerUnit {
  readonly log: string;
  readonly #fleet: FleetSandbox;

  constructor(fleet: FleetSandbox) {
    this.#fleet = fleet;
    this.log = path.join(fleet.directory, 'controller.log');
  }

  /** What `fleet run` with a short resync is, as an ExecStart. */
  command(resync: string, searchPath = process.env['PATH'] ?? ''): string {
    return `ExecStart=\nExecStart=/usr/bin/env "PATH=${searchPath}" "${process.execPath}" "${cli}" run --resync ${resync}`;
  }

  /** @param lines further settings of the [Service] section */
  async configure(...lines: readonly string[]): Promise<void> {
    const directory = path.join(this.#fleet.units, `${unit}.d`);
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(this.log, '', { flag: 'a' });
    const output = [`StandardOutput=append:${this.log}`, `StandardError=append:${this.log}`];
    const text = ['[Service]', 'RestartSec=100ms', ...output, ...lines].join('\n');
    fs.writeFileSync(path.join(directory, 'test.conf'), `${text}\n`);
    await systemctl('daemon-reload');
  }

  start(): Promise<Outcome> {
    return systemctl('start', unit);
  }

  stop(): Promise<Outcome> {
    return systemctl('stop', unit);
  }

  reload(): Promise<Outcome> {
    return systemctl('reload', unit);
  }

  async property(name: string): Promise<string> {
    return (await show(unit, name))[name] ?? '';
  }

  async pid(): Promise<number> {
    return Number(await this.property('MainPID'));
  }

  isActive(): Promise<boolean> {
    return this.property('ActiveState').then((state) => state === 'active');
  }

  /** Waits until another process than `before` is the controller, and has looked. @returns its pid */
  another(before: number): Promise<number> {
    return until('another controller is ready', async () => {
      const pid = await this.pid();
      return pid > 0 && pid !== before && (await this.isActive()) ? pid : null;
    });
  }

  /** Everything of one type that was told, by all that ran here. */
  events(type: string): readonly Readonly<Record<string, unknown>>[] {
    return fs
      .readFileSync(this.log, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((event) => event['type'] === type);
  }
}
