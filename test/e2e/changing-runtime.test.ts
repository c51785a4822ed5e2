import { expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import type { TalkFleet } from '../support/talk-fleet.js';
import { talking } from '../support/talking.js';

let fleet: TalkFleet;
talking((own) => ({ fleet } = own));

// What runs is what it was started as until it is restarted, whatever the roster says by now.

const other = (): string =>
  fleet.demo('a', [], ', disruption: ask').replace('runtime: demo', 'runtime: mine');

test('an agent whose runtime is to change is talked to as what it is: its dialog is neither approved nor ended', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.type('a', '/dialog', 'Enter');
  const asks = async (): Promise<boolean> => (await fleet.screen('a')).includes('Do you want to proceed');
  await until('it asks', asks);
  const before = await fleet.pids();
  fleet.writeRoster(
    [other()],
    `defaults: { idle_after: 0s, working_directory: ${fleet.work} }\nruntimes: { mine: { dialog_pattern: quite another } }`,
  );
  const { receipt } = await fleet.send('a', '--message', 'hello', '--timeout', '1s');
  expect(receipt).toMatchObject({ status: 'refused', reason: 'Dialog' });
  expect(await asks()).toBe(true);
  await fleet.expect(0, 'approve', 'a');
  expect((await fleet.expect(6, 'apply')).stdout).toContain('deferred: a dialog waits for a human');
  const waited = await fleet.expect(5, 'wait', '--for', 'ready', 'a', '--timeout', '1s');
  expect(waited.stderr).toContain('a dialog waits for a human');
  expect(await fleet.pids()).toEqual(before);
});
