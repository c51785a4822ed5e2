import { describe, expect, test } from 'vitest';
import {
  addHold,
  heldBy,
  releaseHolds,
  releaseUntil,
  unexpired,
  type Holds,
} from '../../src/controller/holds.js';
import type { Hold } from '../../src/controller/observed.js';

const hold = (until: number | null, more: Partial<Hold> = {}): Hold => ({
  ...{ since: 0, until, reason: null, by: 'hold' },
  ...more,
});
const stop = hold(null, { by: 'stop' });
const holds = (own: Readonly<Record<string, Hold>>, fleetHold: Hold | null = null): Holds => ({
  holds: new Map(Object.entries(own)),
  fleetHold,
});
const everyone = ['a', 'b', 'c'];

test('holds that are over are forgotten, the fleet’s too', () => {
  const current = holds({ a: hold(5), b: hold(6), c: stop }, hold(5));
  expect(unexpired(current, 5)).toEqual(holds({ b: hold(6), c: stop }));
  expect(unexpired(holds({}, stop), 5)).toEqual(holds({}, stop));
});

describe('a hold', () => {
  test.each<readonly [string, Hold | null, Hold, Hold]>([
    ['of who is not held', null, hold(9), hold(9)],
    ['leaves a stop', stop, hold(9), stop],
    ['leaves a longer one', hold(9, { reason: 'long' }), hold(8), hold(9, { reason: 'long' })],
    ['takes the place of a shorter one', hold(8), hold(9), hold(9)],
    ['takes the place of one that ends with it', stop, hold(null), hold(null)],
    ['ends a release for a while', { ...stop, from: 7 }, hold(2), stop],
  ])('%s', (_, before, added, after) => {
    const current = holds(before === null ? {} : { a: before }, stop);
    expect(addHold(current, 'a', added)).toEqual(holds({ a: after }, stop));
  });
});

describe('a fleet that is held, one agent of which is released', () => {
  test.each<readonly [string, Hold, Hold, Hold]>([
    ['a shorter one of its own', hold(9), stop, stop],
    ['a longer one of its own', hold(null, { reason: 'own' }), hold(9), hold(null, { reason: 'own' })],
    ['one of its own that ends never, either', hold(null), stop, hold(null)],
    ['a release for a while, of before the fleet was stopped', { ...stop, from: 9 }, stop, stop],
  ])('keeps who has %s', (_, own, fleetHold, kept) => {
    const released = releaseHolds(holds({ a: own, gone: own }, fleetHold), ['b'], everyone);
    expect(released).toEqual(holds({ a: kept, gone: own, c: fleetHold }));
  });

  test('released as a whole, it keeps who was held by name', () => {
    expect(releaseHolds(holds({ a: hold(9), b: stop }, stop), [], everyone)).toEqual(holds({ a: hold(9) }));
  });
});

describe('a release for a while', () => {
  test.each<readonly [string, Holds, Holds, boolean]>([
    ['of who was stopped', holds({ a: stop }), holds({ a: { ...stop, from: 7 } }), true],
    ['of one of a held fleet', holds({}, stop), holds({ a: { ...stop, from: 7 }, b: stop, c: stop }), true],
    [
      'of one whose own hold ends before the fleet’s',
      holds({ a: hold(6) }, stop),
      holds({ a: { ...stop, from: 7 }, b: stop, c: stop }),
      true,
    ],
    ['of who was released for a while', holds({ a: { ...stop, from: 3 } }), holds({ a: { ...stop, from: 7 } }), true],
    ['that outlasts the hold', holds({ a: hold(7) }), holds({}), false],
  ])('%s', (_, current, after, again) => {
    expect(releaseUntil(current, 'a', 7, everyone)).toEqual({ holds: after, again });
  }); // prettier-ignore
});

test('an agent is held by its own hold and the fleet’s, by nothing where neither is', () => {
  expect(heldBy('a', holds({ b: stop }))).toBeNull();
  expect(heldBy('a', holds({ b: stop }, hold(9)))).toEqual(hold(9));
  expect(heldBy('a', holds({ a: hold(5, { from: 2 }) }, hold(9, { from: 3 })))).toEqual(hold(9, { from: 2 }));
});
