import { expect, test } from 'vitest';
import { rosterOf } from '../support/scene.js';
import { VirtualFleet } from '../support/virtual-fleet.js';

const hour = 3_600_000;
const day = 24 * hour;
const names = Array.from({ length: 50 }, (_, index) => `agent${index}`);

/** From a launch until its end is written down: the fake host's start, life, and unit's end. */
const lifeMs = 2000;
const runMs = 30 + lifeMs + 40;
/** The pane's death was looked at 40 ms before the unit's end; two looks are 50 ms apart. */
const gapMs = 10;

interface Policy {
  readonly base: number;
  readonly max: number;
  readonly stallAfter: number;
}

/** When an agent that always ends is launched within so long, by the policy alone. */
function launches({ base, max, stallAfter }: Policy, withinMs: number): readonly number[] {
  const moments = [0];
  for (let ends = 1; ends < stallAfter; ends += 1) {
    const delay = ends === 1 ? gapMs : Math.min(max, base * 2 ** (ends - 2));
    const next = (moments.at(-1) ?? 0) + runMs + delay;
    if (next >= withinMs) break;
    moments.push(next);
  }
  return moments;
}

interface Disturbance {
  readonly everyMs: number;
  readonly disturb: (fleet: VirtualFleet, times: number) => void;
}

const restarts: Disturbance = { everyMs: 300_000, disturb: (fleet) => fleet.startController() };
const jumps: Disturbance = {
  everyMs: 420_000,
  disturb: (fleet, times) => fleet.clock.jump(times % 3 === 0 ? -2 * day : day),
};

const byDefault = { base: 10_000, max: 600_000, stallAfter: 5 };
const patient = { base: 1000, max: 60_000, stallAfter: 1000 };
const backoff = { base: '1s', max: '1m', stall_after: 1000 };

test.each<[string, Policy, object, readonly Disturbance[]]>([
  ['the default policy', byDefault, {}, []],
  ['a patient policy', patient, { backoff }, []],
  ['the default policy, the controller killed every five minutes', byDefault, {}, [restarts]],
  ['a patient policy, the controller killed every five minutes', patient, { backoff }, [restarts]],
  ['a patient policy, a wall clock that jumps', patient, { backoff }, [jumps]],
  ['a patient policy, both', patient, { backoff }, [restarts, jumps]],
])('fifty agents that crash at once for an hour: %s', async (_, policy, defaults, disturbances) => {
  const roster = rosterOf(
    names.map((name) => ({ name })),
    { defaults },
  );
  const fleet = new VirtualFleet(roster);
  const { clock, host } = fleet;
  fleet.lookMs = 0;
  const launched = new Map<string, number[]>(names.map((name) => [name, []]));
  let born = 0;
  host.onLaunch = (agent) => launched.get(agent)?.push(clock.monotonic() - born);
  for (const name of names) host.lives.set(name, lifeMs);
  born = clock.monotonic();
  fleet.startController();
  for (const { everyMs, disturb } of disturbances) {
    for (let times = 1; times * everyMs < hour; times += 1) {
      clock.after(times * everyMs, () => disturb(fleet, times));
    }
  }
  await clock.advance(hour - 1);
  const expected = launches(policy, hour);
  for (const moments of launched.values()) expect(moments).toEqual(expected);
  expect(host.deeds).toEqual([]);
});

test('the formula itself: five starts by default, and about one a minute for the patient', () => {
  expect(launches(byDefault, hour).map((ms) => Math.round(ms / 1000))).toEqual([0, 2, 14, 36, 78]);
  expect(launches(patient, hour)).toHaveLength(64);
});
