import { expect, test } from 'vitest';
import type { World } from '../../src/controller/assess.js';
import { Reconciler } from '../../src/controller/reconciler.js';
import type { Roster } from '../../src/roster/types.js';
import { rosterOf } from '../support/scene.js';
import { VirtualFleet } from '../support/virtual-fleet.js';

const roster = rosterOf([{ name: 'a' }]);

/** One pass over a fleet that is to be started. @returns what was looked for, and the world that was acted upon */
async function onePass(undisturbed: boolean, underLock: Roster = roster) {
  const { host, clock } = new VirtualFleet(roster);
  const looked: World[] = [];
  const actedUpon: World[] = [];
  const rosters = [roster, underLock];
  const reconciler = new Reconciler({
    roster: () => ({ roster: rosters.shift() ?? underLock, problem: null, settledMs: 0, replaced: false }),
    observe: (wanted) => {
      const world = host.observe(wanted);
      looked.push(world);
      return Promise.resolve({ world, refusal: null });
    },
    lockMark: () => 7,
    tryLock: (mark) => Promise.resolve({ release: () => undefined, undisturbed: mark === 7 && undisturbed }),
    carryOut: (_, { world }) => Promise.resolve(actedUpon.push(world)),
    report: {
      rosterState: () => undefined,
      looked: () => undefined,
      trouble: (_, message) => {
        throw new Error(message);
      },
    },
    now: clock.now,
    monotonic: clock.monotonic,
    after: clock.after,
    wake: () => undefined,
  });
  await reconciler.pass();
  await reconciler.drained();
  return { looked: looked.length, acted: actedUpon.map(({ roster: { revision } }) => revision) };
}

test('where nobody had the lock since before the look, that look is acted upon', async () => {
  expect(await onePass(true)).toEqual({ looked: 1, acted: [roster.revision] });
});

test('where somebody had it, the world is looked at again under it', async () => {
  expect(await onePass(false)).toEqual({ looked: 2, acted: [roster.revision] });
});

test('so it is where the roster is another one by then', async () => {
  const other = rosterOf([{ name: 'b' }]);
  expect(await onePass(true, other)).toEqual({ looked: 2, acted: [other.revision] });
});
