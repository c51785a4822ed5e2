import { expect, test } from 'vitest';
import type { Plan } from '../../src/controller/action.js';
import { rosterOf } from '../support/scene.js';
import { VirtualFleet } from '../support/virtual-fleet.js';

const minute = 60_000;

/** An idle agent in a dialog whose environment is another in the roster by now. */
async function editedInDialog() {
  const plans: Plan[] = [];
  const launches: number[] = [];
  const roster = (value: string) =>
    rosterOf([{ name: 'a', env: { A: value } }, { name: 'b' }], { defaults: { idle_after: '1s' } });
  const fleet = new VirtualFleet(roster('1'), { decided: (plan) => plans.push(plan) });
  const { host, clock } = fleet;
  fleet.startController();
  await clock.advance(minute);
  host.onLaunch = () => launches.push(clock.monotonic());
  fleet.dialogs.add('a');
  fleet.write(roster('2'));
  await clock.advance(2000);
  return { fleet, host, clock, launches, gate: () => plans.at(-1)?.actions[0]?.gate };
}

test('a dialog defers a restart for as long as it stands, and it is done soon after that was answered', async () => {
  const { fleet, clock, launches, gate } = await editedInDialog();
  const deferred = { kind: 'deferred', why: 'screen', message: 'a dialog waits for a human' };
  expect(gate()).toEqual(deferred);
  await clock.advance(60 * minute);
  expect(launches).toEqual([]);
  expect(gate()).toEqual(deferred);
  fleet.dialogs.delete('a');
  await clock.advance(6000);
  expect(launches).toHaveLength(1);
});

test('screens are asked while something waits for them alone, and every few seconds', async () => {
  const { fleet, host, clock } = await editedInDialog();
  const before = fleet.asked;
  await clock.advance(minute);
  expect(fleet.asked - before).toBeLessThanOrEqual(14);
  expect(fleet.asked - before).toBeGreaterThanOrEqual(11);
  const { calls } = host;
  fleet.dialogs.delete('a');
  await clock.advance(minute);
  expect(host.calls).toBeGreaterThan(calls);
  const settled = fleet.asked;
  await clock.advance(10 * minute);
  expect(fleet.asked).toBe(settled);
});

test('an edit that is taken back meanwhile leaves nothing to wait for', async () => {
  const { fleet, clock, launches, gate } = await editedInDialog();
  fleet.write(rosterOf([{ name: 'a', env: { A: '1' } }, { name: 'b' }], { defaults: { idle_after: '1s' } }));
  await clock.advance(minute);
  expect(gate()).toBeUndefined();
  fleet.dialogs.delete('a');
  await clock.advance(minute);
  expect(launches).toEqual([]);
});
