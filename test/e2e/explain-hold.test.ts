import { afterEach, beforeEach, expect, test } from 'vitest';
import { FleetSandbox } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

test('explain tells of a hold, whether anything waits for its end or not', async () => {
  fleet.writeRoster(['{ name: a, runtime: sleeper, command: [sleep, infinity] }']);
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const explained = async (): Promise<string> => (await fleet.expect(0, 'explain', 'a')).stdout;
  expect(await explained()).not.toContain('held:');

  await fleet.expect(0, 'hold', 'a', '--for', '2h', '--reason', 'it demonstrates');
  const instant = '[0-9-]+T[0-9:.]+Z';
  expect(await explained()).toMatch(
    new RegExp(
      `held: by the operator until ${instant} \\(it demonstrates\\), since ${instant}\n +release it with: fleet release a\n`,
    ),
  );
  expect(await explained()).toContain('nothing is to be done');

  fleet.writeRoster(['{ name: a, runtime: sleeper, command: [sleep, "1000"] }']);
  const waiting = await explained();
  expect(waiting.match(/held:/g)).toHaveLength(1);
  expect(waiting).toContain('go on with: fleet release a');

  await fleet.expect(0, 'release', 'a');
  expect(await explained()).not.toContain('held:');
});
