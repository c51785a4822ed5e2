import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FleetSandbox, until } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

const names = async (): Promise<readonly string[]> => Object.keys(await fleet.pids()).toSorted();

test('a hold that is over, or ends earlier, takes no stop’s place', async () => {
  fleet.writeRoster(
    ['a', 'b', 'c', 'd'].map((name) => `{ name: ${name}, runtime: sleeper, command: [sleep, infinity] }`),
    `defaults: { idle_after: 0s, stop_grace: 1s, working_directory: ${fleet.work} }`,
  );
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  await fleet.expect(0, 'hold', 'a', '--for', '1s');
  await sleep(1100);
  await fleet.expect(0, 'stop');
  const held = await fleet.expect(0, 'hold', 'c', '--for', '1s');
  expect(held.stdout).toContain(
    'c is held for 1s, and stays held: fleet stopped by the operator, without end',
  );
  await fleet.expect(0, 'hold', 'd', '--for', '1s');
  await sleep(1100);
  // The hold that is over is not the one that it is released from.
  expect((await fleet.expect(0, 'release', 'd', '--for', '3s')).stdout).toContain('for 3s, then held again');
  await sleep(3100);
  await fleet.expect(6, 'apply');
  expect(await names()).toEqual([]);
  await fleet.expect(0, 'start', 'b');
  expect((await fleet.expect(6, 'apply')).stdout).toMatch(/a +start .*held: stopped by the operator/);
  expect(await names()).toEqual(['b']);

  await fleet.expect(0, 'stop', 'b');
  const already = await fleet.expect(0, 'hold', 'b', '--for', '1s');
  expect(already.stdout).toBe(
    'b is held already: stopped by the operator, without end. Nothing changed; a longer hold ends with: fleet release b\n',
  );
  // Nor does the record tell of a hold that never was.
  expect((await fleet.expect(0, 'events', '--for', 'b')).stdout).not.toMatch(/ held /);
  await sleep(1100);
  await fleet.expect(6, 'apply');
  expect(await names()).toEqual([]);

  await fleet.expect(0, 'release', 'b');
  await fleet.expect(0, 'hold', 'b', '--for', '1s');
  expect((await fleet.expect(0, 'release', 'b', '--for', '1h')).stdout).toContain(
    'b is released for good: its hold would be over by then.',
  );
  await fleet.expect(6, 'apply');
  expect(await names()).toEqual(['b']);
});

test('an agent that was released for a while runs on once it is held again, and does not pass for stopped', async () => {
  fleet.writeRoster(
    ['{ name: a, runtime: sleeper, command: [sleep, infinity] }'],
    `defaults: { idle_after: 0s, stop_grace: 1s, working_directory: ${fleet.work} }`,
  );
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const line = async (): Promise<string> =>
    /^a .*$/m.exec((await fleet.expect(0, 'status')).stdout)?.[0] ?? '';
  await fleet.expect(0, 'stop', 'a');
  expect(await line()).toMatch(/Held .* stopped by the operator$/);
  await fleet.expect(0, 'release', 'a', '--for', '3s');
  await fleet.expect(0, 'apply');
  await until('it is held again', async () => (await line()).includes('by the operator'));
  expect(await line()).toMatch(/Running .* held: stopped by the operator$/);
});
