import { expect, test } from 'vitest';
import { rosterOf } from '../support/scene.js';
import { VirtualFleet } from '../support/virtual-fleet.js';

const day = 86_400_000;
const agents = ['a', 'b', 'c', 'd'].map((name) => ({ name, disruption: 'immediate' }));
const variants = Array.from({ length: 16 }, (_, number) =>
  rosterOf(
    agents.map((agent) => ({ ...agent, working_directory: `/srv/${number}` })),
    { defaults: { max_disruption: '100%' } },
  ),
);

test(
  'ten thousand edits in a burst: at most one look per 50 ms, and the last one wins',
  { timeout: 60_000 },
  async () => {
    const fleet = new VirtualFleet(variants[0]!);
    const { clock, host } = fleet;
    fleet.startController();
    await clock.advance(60_000);
    fleet.lookedAt.length = 0;
    const before = clock.monotonic();
    for (let edits = 1; edits <= 10_000; edits += 1) {
      // Another one each time, half of them within the same millisecond.
      fleet.write(variants[edits % variants.length]!);
      if (edits % 2 === 0) await clock.advance(1);
    }
    fleet.write(variants[7]!);
    await clock.advance(60_000);
    expect(fleet.lookedAt.filter((at) => at - before < 5000).length).toBeGreaterThan(20);
    const gaps = fleet.lookedAt.slice(1).map((at, index) => at - (fleet.lookedAt[index] ?? at));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(50);
    for (const { name } of agents) {
      expect(host.launchRecords.get(name)?.split('\0')[3]).toBe('/srv/7');
      expect(host.sessionOf(name)?.marks.spec).toBe(host.launchRecords.get(name)?.split('\0')[4]);
      expect(host.units.get(name)?.active).toBe('active');
    }
    const looks = fleet.looks;
    const deeds = host.deeds.length;
    await clock.advance(15_000 * 10);
    expect([fleet.looks - looks, host.deeds.length]).toEqual([10, deeds]);
  },
);

test('idle for a day: one look per resync, and nothing else', { timeout: 60_000 }, async () => {
  const fleet = new VirtualFleet(variants[0]!);
  const { clock, host } = fleet;
  fleet.startController();
  await clock.advance(60_000);
  const { calls } = host;
  const looks = fleet.looks;
  const before = clock.monotonic();
  fleet.lookedAt.length = 0;
  await clock.advance(day);
  // A look takes six milliseconds; the resync counts from its end.
  const resyncs = Math.floor(day / 15_006);
  expect([resyncs, resyncs + 1]).toContain(fleet.looks - looks);
  expect(new Set(fleet.lookedAt.map((at, index) => at - (fleet.lookedAt[index - 1] ?? at)))).toEqual(
    new Set([0, 15_006]),
  );
  expect(clock.monotonic() - before).toBe(day);
  expect([host.calls, host.deeds, clock.pending]).toEqual([calls, [], 1]);
});
