import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { FleetSandbox, until } from '../support/fleet-sandbox.js';
import type { RunningController } from '../support/running-controller.js';
import { controlled } from '../support/talking.js';

let fleet: FleetSandbox;
let controller: RunningController;
controlled(
  () => new FleetSandbox(),
  (own) => ({ fleet, controller } = own),
);

test.each(['a', '--all'])(
  'an edit that is taken back within seconds needs a new word, though it had one (approve %s)',
  async (who) => {
    const edit = (value: string): void =>
      fleet.writeRoster(
        [
          `{ name: a, runtime: sleeper, command: [sleep, infinity], persistent_persona: true, env: { X: "${value}" } }`,
        ],
        `defaults: { working_directory: ${fleet.work}, idle_after: 1h }`,
      );
    const plan = async (): Promise<string> => (await fleet.fleet('plan')).stdout;
    const looked = (gate: string, times: number) => () =>
      controller.events('deferred').filter((one) => one['gate'] === gate).length === times;
    const waits = 'needs approval: persistent persona';
    edit('0');
    await fleet.expect(0, 'install');
    await controller.start();
    await fleet.expect(0, 'wait', '--for', 'ready', '--timeout', '10s');
    edit('1');
    await until('it waits for a word', looked('needs-approval', 1));
    await fleet.expect(0, 'approve', who);
    await until('it waits for a to be idle', looked('deferred', 1));
    edit('2');
    await until(
      'the word is void',
      () => !fs.readFileSync(path.join(fleet.state, 'approvals.json'), 'utf8').includes('"agent"'),
      5000,
    );
    edit('1');
    expect(await plan()).toContain(waits);
  },
);
