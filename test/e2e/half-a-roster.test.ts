import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FleetSandbox, run, until } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

// Found by the soak: the part of the file that was there first was a valid roster, and b was restarted for it.
test.each([
  ['has lost a line of its last agent', '      B:'],
  ['has lost its last agent', '  - name: b'],
])('half a file that %s ends nobody', async (_, from) => {
  const agent = (name: string): string =>
    `  - name: ${name}\n    runtime: sleeper\n    command: [sleep, infinity]\n    env:\n      A: "1"\n      B: "2"\n`;
  const settings = `defaults: { working_directory: ${fleet.work}, idle_after: 0s }`;
  const whole = `version: 1\ntransport: tmux\ntmux: { socket_name: ${fleet.socket} }\n${settings}\nagents:\n${agent('a')}${agent('b')}`;
  fs.writeFileSync(fleet.roster, whole);
  await fleet.expect(0, 'install');
  await run('systemctl', ['--user', 'start', 'mosaic-fleet.service']);
  await until('both run', async () => Object.keys(await fleet.pids()).length === 2);
  const before = await fleet.pids();
  // Read here and not by a command: on a loaded machine that alone takes the second after which half a file counts.
  const revisions = (): number =>
    fs.readFileSync(path.join(fleet.state, 'events.jsonl'), 'utf8').split('"roster_changed"').length - 1;

  fs.writeFileSync(fleet.roster, whole.slice(0, whole.lastIndexOf(from)));
  await until('half of it is in force', () => revisions() === 1);
  fs.appendFileSync(fleet.roster, whole.slice(whole.lastIndexOf(from)));
  await until('the whole is in force', () => revisions() === 2);
  await fleet.expect(0, 'wait', '--for', 'ready', '--timeout', '10s');
  expect(await fleet.pids()).toEqual(before);
});
