import { expect, test } from 'vitest';
import { Pace } from '../../src/controller/pace.js';
import { Scene } from '../support/scene.js';

const policy = { baseMs: 10_000, maxMs: 60_000, resetAfterMs: 600_000, stallAfter: 5 };
const start = new Scene(['a']).actionOn('a')!;

/** How long each of so many tries has to wait, each made as soon as it may be. */
function waits(tries: number, action = start): readonly number[] {
  const pace = new Pace();
  let now = 0;
  return Array.from({ length: tries }, () => {
    const wait = pace.waitMs(action, policy, now);
    now += wait;
    pace.begun(action, policy, now);
    return wait;
  });
}

test('the same thing again waits ever longer', () => {
  expect(waits(7)).toEqual([0, 0, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test('so does an action that is no launch', () => {
  const update = { ...start, action: 'update' } as const;
  expect(waits(4, update)).toEqual([0, 0, 10_000, 20_000]);
});

test.each([
  ['another configuration', { desired: 'v1:other/v1:other' }],
  ['another action', { action: 'stop' as const }],
])('%s is tried at once', (_, change) => {
  const pace = new Pace();
  for (let tries = 0; tries < 5; tries += 1) pace.begun(start, policy, 0);
  expect(pace.waitMs(start, policy, 0)).toBeGreaterThan(0);
  expect(pace.waitMs({ ...start, ...change }, policy, 0)).toBe(0);
});

test('after reset_after, and once the agent is gone, all is forgotten', () => {
  const pace = new Pace();
  for (let tries = 0; tries < 5; tries += 1) pace.begun(start, policy, 0);
  expect(pace.waitMs(start, policy, 599_999)).toBe(0);
  expect(pace.waitMs(start, policy, 1000)).toBeGreaterThan(0);
  pace.keepOnly(new Set(['b']));
  expect(pace.waitMs(start, policy, 1000)).toBe(0);
});
