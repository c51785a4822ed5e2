import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FleetSandbox, run, sleeper, until } from '../support/fleet-sandbox.js';
import { RunningController } from '../support/running-controller.js';

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

// Found by the soak: half a file, put right, and moved away at once: a file that was gone made what had been read of it old.
test('half a file that then is gone ends nobody until there is a whole one', async () => {
  fleet.writeRoster(
    [sleeper('a'), sleeper('b')],
    `defaults: { working_directory: ${fleet.work}, idle_after: 0s }`,
  );
  const whole = fs.readFileSync(fleet.roster, 'utf8');
  const controller = new RunningController(fleet);
  await fleet.expect(0, 'install');
  try {
    await controller.start();
    await until('both run', () => controller.events('action_complete').length === 2);
    const before = await fleet.pids();
    fs.writeFileSync(fleet.roster, whole.slice(0, whole.lastIndexOf('  - {')));
    await until('half of it is in force', () => controller.events('roster_changed').length === 1);
    fs.rmSync(fleet.roster);
    await until('it is missed', () => controller.events('roster_invalid').length === 1);
    // Longer than half a file has to stand to be taken for a whole one.
    await pause(1500);
    expect(await fleet.pids()).toEqual(before);
    fs.writeFileSync(fleet.roster, whole);
    await until('the whole is in force', () => controller.events('roster_valid').length === 1);
    await fleet.expect(0, 'wait', '--for', 'ready', '--timeout', '10s');
    expect(await fleet.pids()).toEqual(before);
  } finally {
    await controller.stop('SIGKILL');
  }
});

describe('a file of one agent that is written slowly', () => {
  let controller: RunningController;
  beforeEach(() => {
    controller = new RunningController(fleet);
  });
  afterEach(() => controller.stop('SIGKILL').then(() => undefined));

  const settings = (): string => `defaults: { working_directory: ${fleet.work}, idle_after: 0s }`;
  const up = async (agent: string): Promise<void> => {
    fleet.writeRoster([agent], settings());
    await fleet.expect(0, 'install');
    await controller.start();
    await until('it is settled', () => controller.events('action_complete').length === 1);
  };
  const done = () => controller.events('action_complete').map(({ action }) => action);

  // The shell empties a file before the program that writes it has begun.
  test('an env file keeps what its writer writes, and the agent is restarted once', async () => {
    await up('{ name: a, runtime: sleeper, command: [sleep, infinity] }');
    const file = path.join(fleet.home, 'fleet', 'agents', 'a.env');
    const { a } = await fleet.pids();
    const handle = fs.openSync(file, 'w');
    await until('it is seen', () => controller.log.includes('emptied a moment ago'));
    expect((await fleet.pids())['a']).toBe(a);
    fs.writeSync(handle, 'SECRET=new\n');
    fs.closeSync(handle);
    await until('a is restarted', () => done().length === 2);
    expect(fs.readFileSync(file, 'utf8')).toMatch(/^SECRET=new$/m);
    await fleet.expect(0, 'plan', '--detailed-exitcode');
    expect(done()).toEqual(['start', 'restart']);
  });

  test('a template resets a disposable slot once, with the whole of its text', async () => {
    const template = path.join(path.dirname(fleet.roster), 'brief.md');
    fs.writeFileSync(template, 'be brief');
    await up(
      '{ name: a, runtime: sleeper, command: [sleep, infinity], kickstart_template: brief.md, reset_between_tasks: true, disruption: immediate }',
    );
    const changes = () => controller.events('roster_changed').length;
    fs.writeFileSync(template, 'be');
    for (const [index, word] of ['very', 'very', 'very', 'brief'].entries()) {
      await until('what is there is in force', () => changes() === index + 1);
      fs.appendFileSync(template, ` ${word}`);
    }
    await until('a is reset', () => done().length === 2);
    await fleet.expect(0, 'plan', '--detailed-exitcode');
    expect(done()).toEqual(['start', 'reset']);
  });
});
