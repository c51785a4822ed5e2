import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { countingPath, demoAgent, until } from '../support/fleet-sandbox.js';
import type { RunningController } from '../support/running-controller.js';
import type { TalkFleet } from '../support/talk-fleet.js';
import { talking } from '../support/talking.js';

let fleet: TalkFleet;
let controller: RunningController;
talking((own) => ({ fleet, controller } = own));

/** An agent that shows nothing before a file is there. */
const late = (gate: string, more = ''): string =>
  `{ name: a, runtime: demo, command: ${JSON.stringify([
    ...['sh', '-c', 'while [ ! -e "$0" ]; do sleep 0.05; done; exec "$@"', gate],
    ...[process.execPath, demoAgent],
  ])}${more} }`;

test('ready and idle are what the screens say, in four processes for any number of agents', async () => {
  const gate = path.join(fleet.directory, 'gate');
  await fleet.up(late(gate), fleet.demo('b'), fleet.demo('c'));
  const wait = (wanted: string, ...more: string[]): string[] => ['wait', '--for', wanted, ...more];
  expect((await fleet.expect(5, ...wait('ready', '--timeout', '300ms'))).stderr).toContain(
    'a (Running, idle, its screen is not ready; see: fleet agent tail a)',
  );
  const waited = fleet.expect(0, ...wait('ready', '--timeout', '60s'));
  fs.writeFileSync(gate, '');
  await waited;
  const counting = countingPath(fleet.directory);
  const counted = await fleet.fleetWith({ env: { PATH: counting.path } }, ...wait('ready'));
  expect(counted.code, counted.stderr).toBe(0);
  expect(counting.calls().filter((call) => !call.includes('wait-for'))).toHaveLength(4);
  await fleet.type('b', '/busy 60', 'Enter');
  await until('b works', async () => (await fleet.screen('b')).includes('working'));
  await fleet.expect(0, ...wait('ready', 'b'));
  expect((await fleet.expect(5, ...wait('idle', 'b', '--timeout', '300ms'))).stderr).toContain(
    'its screen says busy',
  );
  await fleet.type('c', '/dialog', 'Enter');
  await until('c asks', async () => (await fleet.screen('c')).includes('Do you want to proceed'));
  expect((await fleet.expect(5, ...wait('ready', 'c', '--timeout', '300ms'))).stderr).toContain(
    'a dialog waits for a human; look with: fleet agent attach c)',
  );
  expect((await fleet.expect(0, 'explain', 'c')).stdout).toContain(
    'a dialog waits for a human; look with: fleet agent attach c\n',
  );
  expect((await fleet.expect(0, 'explain', 'b')).stdout).not.toContain('dialog');
  // Also where it has printed something too short a while ago to be asked.
  fleet.writeRoster([fleet.demo('c')], `defaults: { idle_after: 1h, working_directory: ${fleet.work} }`);
  expect((await fleet.expect(5, ...wait('idle', 'c', '--timeout', '300ms'))).stderr).toContain(
    'c (Running, busy, a dialog waits for a human; look with: fleet agent attach c)',
  );
});

test('a first message for an agent that never becomes ready is left to the controller, or said to wait', async () => {
  fs.writeFileSync(path.join(path.dirname(fleet.roster), 'kick.md'), 'Begin.');
  const gate = path.join(fleet.directory, 'gate');
  const settings = `defaults: { idle_after: 0s, stop_grace: 1s, working_directory: ${fleet.work} }`;
  fleet.writeRoster([late(gate, ', kickstart_template: kick.md')], settings);
  await fleet.expect(0, 'install');
  const alone = await fleet.expect(0, 'apply');
  expect(alone.stderr).toContain('a: its first message waits: its screen is not ready');
  expect(alone.stderr).toContain('fleet agent outbox a --deliver, or let the controller do it: fleet run');
  await controller.start();
  const beside = await fleet.expect(0, 'restart', 'a');
  expect(beside.stderr).not.toContain('first message');
  expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toContain('kickstart');
  const left = await fleet.send('a', '--later', '--message', 'next');
  expect(left.receipt).toMatchObject({ status: 'left' });
  expect((await fleet.expect(0, 'explain', 'a')).stdout).toContain(
    '2 messages were left for it; see: fleet agent outbox a\n',
  );
  // The controller may be looking at the agent for its first message at that moment.
  expect(left.receipt.reason).toMatch(/^(NotReady|Busy)$/);
  expect(left.receipt.message).toContain('the controller delivers it when');
  fs.appendFileSync(path.join(fleet.home, 'tools', 'fleet', 'agent-run.sh'), '# edited\n');
  const barred = await fleet.send('a', '--later', '--message', 'last');
  expect(barred.receipt.message).toMatch(
    /the controller delivers it once this is mended: installed files [^;]*; \/.*\/agent-run\.sh; Run: fleet install$/,
  );
  await fleet.expect(0, 'install');
  // It would look at what is installed with its next resync.
  fs.appendFileSync(fleet.roster, '# edited\n');
  fs.writeFileSync(gate, '');
  const isDelivered = async () =>
    (await fleet.expect(0, 'agent', 'outbox', 'a')).stdout.includes('Nothing waits.');
  await until('all are delivered', isDelivered, 60_000);
  expect(await fleet.screen('a')).toMatch(/› Begin\.[^]*next[^]*last/);
});
