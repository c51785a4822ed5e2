import { expect, test } from 'vitest';
import type { World } from '../../src/controller/assess.js';
import { noWords } from '../../src/controller/gate.js';
import { plan } from '../../src/controller/plan.js';
import { Reconciler } from '../../src/controller/reconciler.js';
import type { Roster } from '../../src/roster/types.js';
import { rosterOf } from '../support/scene.js';
import { VirtualFleet } from '../support/virtual-fleet.js';

const roster = rosterOf([{ name: 'a' }]);

/** What a reconciler has around it, whatever it is to do. */
const surroundings = ({ now, monotonic, after }: VirtualFleet['clock']) => ({
  lockMark: () => 7,
  report: {
    rosterState: () => undefined,
    looked: () => undefined,
    trouble: (_: string, message: string) => {
      throw new Error(message);
    },
  },
  ...{ now, monotonic, after, wake: () => undefined },
});

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
    tryLock: (mark) => Promise.resolve({ release: () => undefined, undisturbed: mark === 7 && undisturbed }),
    carryOut: (_, { world }) => Promise.resolve(actedUpon.push(world)),
    ...surroundings(clock),
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

test('whoever has the lock when something is due again keeps it from then on, however long ago it was refused before', async () => {
  const fleet = new VirtualFleet(roster);
  const { host, clock } = fleet;
  const reconciler = new Reconciler({
    roster: () => ({ roster, problem: null, settledMs: 0, replaced: false }),
    observe: (wanted) => Promise.resolve({ world: host.observe(wanted), refusal: null }),
    tryLock: () => Promise.resolve(null),
    carryOut: () => Promise.reject(new Error('it has no lock')),
    ...surroundings(clock),
  });
  const refused = await reconciler.pass();
  const applied = fleet.command('fleet apply', (world) => plan(world, noWords, clock.now()));
  await Promise.all([applied, clock.advance(60_000)]);
  expect(await reconciler.pass()).not.toEqual(refused);
  await Promise.all([host.stopUnits(['a']), clock.advance(60_000)]);
  expect(await reconciler.pass()).toEqual(refused);
});
