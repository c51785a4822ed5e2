import { expect, test } from 'vitest';
import type { Plan } from '../../src/controller/action.js';
import { anotherChance } from '../../src/controller/backoff.js';
import { rosterOf } from '../support/scene.js';
import { VirtualFleet } from '../support/virtual-fleet.js';

const minute = 60_000;

/** A fleet of one agent that ends two seconds after each start. */
function ailing(defaults = {}) {
  const plans: Plan[] = [];
  const launches: number[] = [];
  const fleet = new VirtualFleet(rosterOf([{ name: 'a' }], { defaults }), {
    decided: (plan) => plans.push(plan),
  });
  const { host, clock } = fleet;
  host.onLaunch = () => launches.push(clock.monotonic());
  host.lives.set('a', 2000);
  fleet.startController();
  const release = (): void => {
    host.failures = anotherChance(host.failures, new Set(['a']), host.moment);
    fleet.wake();
  };
  const gate = (): string | undefined => plans.at(-1)?.actions[0]?.gate.kind;
  return { fleet, host, clock, launches, release, gate };
}

test("an agent that was given up is tried again at once at the operator's word, and then given up again", async () => {
  const { clock, launches, release, gate } = ailing();
  await clock.advance(10 * minute);
  expect(launches).toHaveLength(5);
  expect(gate()).toBe('stalled');
  release();
  await clock.advance(100);
  expect(launches).toHaveLength(6);
  await clock.advance(10 * minute);
  // The end that nobody had acted upon any more is forgiven with the others.
  expect(launches).toHaveLength(10);
  expect(gate()).toBe('stalled');
});

test('ends without a record are tried ever later, which is a gate to see, and then given up; and at once at that word', async () => {
  const { host, clock, launches, release, gate } = ailing();
  host.traceless.add('a');
  await clock.advance(minute);
  expect(launches.length).toBeLessThan(6);
  expect(gate()).toBe('backing-off');
  await clock.advance(10 * minute);
  expect(launches).toHaveLength(5);
  expect(gate()).toBe('stalled');
  release();
  await clock.advance(100);
  expect(launches).toHaveLength(6);
  await clock.advance(60 * minute);
  expect(launches).toHaveLength(10);
  expect(gate()).toBe('stalled');
});

test('an agent that fails once and then runs for long is never given up, however its runs are ended', async () => {
  const { host, clock, gate } = ailing();
  for (let round = 0; round < 8; round += 1) {
    await clock.advance(5000);
    // Started twice by now: the second one lives.
    host.lives.delete('a');
    await clock.advance(15 * minute);
    expect(host.pidOf('a'), `round ${round}`).not.toBeNull();
    host.lives.set('a', 2000);
    // As by hand, or on the way to a reboot: nobody writes that down.
    await Promise.all([host.stopUnits(['a']), clock.advance(1000)]);
  }
  expect(gate()).not.toBe('stalled');
});

test('an end counts although its unit is going down before it is on record', async () => {
  const { host, clock, launches, gate } = ailing();
  host.late.add('a');
  await clock.advance(10 * minute);
  expect(launches).toHaveLength(5);
  expect(gate()).toBe('stalled');
});

test('an agent whose process has ended waits for its unit, and is restarted where that does not follow', async () => {
  const { host, clock, launches } = ailing();
  host.stuck.add('a');
  await clock.advance(11_000);
  expect(launches).toHaveLength(1);
  await clock.advance(3000);
  expect(launches).toHaveLength(2);
  // Nothing is on record, and yet it is no loop.
  await clock.advance(60 * minute);
  expect(launches.length).toBeLessThan(15);
});

test('the rest of an end, of which nothing tells, is looked for', async () => {
  const fleet = new VirtualFleet(rosterOf([{ name: 'a' }]));
  const { host, clock } = fleet;
  fleet.startController();
  await clock.advance(minute);
  host.endSession(host.sessionOf('a')!);
  // Its session is gone, its unit is not yet.
  host.onChange = () => undefined;
  await clock.advance(1500);
  expect(host.pidOf('a')).not.toBeNull();
});

test('a unit that stays without its session is not looked at again and again', async () => {
  const fleet = new VirtualFleet(rosterOf([{ name: 'a' }]));
  const { host, clock } = fleet;
  fleet.startController();
  await clock.advance(minute);
  const { units } = host;
  const unit = units.get('a')!;
  host.endSession(host.sessionOf('a')!);
  await clock.advance(100);
  units.set('a', { ...unit, active: 'active', sub: 'running', session: null });
  fleet.wake();
  await clock.advance(20_000);
  const before = fleet.looks;
  await clock.advance(10 * minute);
  // The resync alone, every 15 s.
  expect(fleet.looks - before).toBeLessThan(45);
});
