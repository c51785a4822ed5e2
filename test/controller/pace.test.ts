import { describe, expect, test } from 'vitest';
import type { PlannedAction } from '../../src/controller/action.js';
import type { LastEnd } from '../../src/controller/observed.js';
import { Pace, type Try } from '../../src/controller/pace.js';
import { gateText } from '../../src/cli/render/reason-text.js';
import { Scene } from '../support/scene.js';

const policy = { baseMs: 10_000, maxMs: 60_000, resetAfterMs: 600_000, stallAfter: 50 };
const start = new Scene(['a']).actionOn('a')!;
const at = (now: number, more: Partial<Try> = {}): Try => ({
  ...{ policy, released: null, end: null, now },
  ...more,
});
const waitMs = (pace: Pace, action: PlannedAction, when: Try): number => {
  const gate = pace.gate(action, when);
  return gate === null ? 0 : gate.kind === 'stalled' ? Number.POSITIVE_INFINITY : gate.inMs;
};

/** How long each of so many tries has to wait, each made as soon as it may be. */
function waits(tries: number, action = start): readonly number[] {
  const pace = new Pace();
  let now = 0;
  return Array.from({ length: tries }, () => {
    const wait = waitMs(pace, action, at(now));
    now += wait;
    pace.begun(action, at(now));
    return wait;
  });
}

/** One that has tried five times in vain. */
function tired(): Pace {
  const pace = new Pace();
  for (let tries = 0; tries < 5; tries += 1) pace.begun(start, at(0));
  return pace;
}

test('the same thing again waits ever longer', () => {
  expect(waits(6)).toEqual([0, 0, 10_000, 20_000, 40_000, 60_000]);
});

test('a start that left no record of its end so often as stall_after says is given up, until the operator says otherwise', () => {
  const impatient = (more: Partial<Try> = {}): Try =>
    at(500_000, { policy: { ...policy, stallAfter: 6 }, ...more });
  const pace = tired();
  expect(pace.gate(start, impatient())).toBeNull();
  pace.begun(start, at(60_000));
  const gate = pace.gate(start, impatient())!;
  expect(gate).toEqual({ kind: 'stalled', count: 6, tried: true });
  expect(gateText(gate)).toBe('stalled: tried 6 times in a row; given up');
  expect(pace.gate(start, impatient({ released: { boot: 'boot', ms: 5 } }))).toBeNull();
  expect(pace.gate({ ...start, desired: 'v1:other/v1:other' }, impatient())).toBeNull();
});

test('so does an action that is no launch', () => {
  const update = { ...start, action: 'update' } as const;
  expect(waits(4, update)).toEqual([0, 0, 10_000, 20_000]);
});

test.each([
  ['another configuration', { desired: 'v1:other/v1:other' }],
  ['another action', { action: 'stop' as const }],
])('%s is tried at once', (_, change) => {
  const pace = tired();
  expect(waitMs(pace, start, at(0))).toBeGreaterThan(0);
  expect(waitMs(pace, { ...start, ...change }, at(0))).toBe(0);
});

test("the operator's word is another chance, once", () => {
  const pace = tired();
  const released = { boot: 'boot', ms: 5 };
  expect(waitMs(pace, start, at(0, { released }))).toBe(0);
  pace.begun(start, at(0, { released }));
  pace.begun(start, at(0, { released }));
  expect(waitMs(pace, start, at(0, { released }))).toBe(10_000);
});

describe('an end on record after the last try', () => {
  const ended = (reason: string, ranMs: number): LastEnd => ({
    ...{ invocation: reason, reason, status: null, signal: null, at: 0, ranMs, spec: null },
    moment: { boot: 'boot', ms: 0 },
  });

  test.each([
    ['of its own doing: backoff counts it', ended('signaled', 1), 0],
    ["by the server's death after a while: nobody's fault", ended('server-gone', policy.baseMs), 0],
    ["by the server's death at once: it may be of this start", ended('server-gone', 1), 40_000],
  ])('%s', (_, end, wait) => {
    const pace = tired();
    expect(waitMs(pace, start, at(20_000, { end }))).toBe(wait);
    pace.begun(start, at(60_000, { end }));
    // The same end once more says nothing of the new try.
    expect(waitMs(pace, start, at(60_000, { end }))).toBe(wait === 0 ? 0 : 60_000);
    pace.begun(start, at(60_000, { end }));
    expect(waitMs(pace, start, at(60_000, { end }))).toBeGreaterThan(0);
  });
});

test('the gate says what it is', () => {
  const gate = tired().gate(start, at(0))!;
  expect(gate).toMatchObject({ kind: 'backing-off', count: 5 });
  expect(gateText(gate)).toBe('backing off: tried 5 times in a row, next try in 1m');
});

test('after reset_after, and once the agent is gone, all is forgotten', () => {
  const pace = tired();
  expect(waitMs(pace, start, at(1000))).toBeGreaterThan(0);
  pace.begun(start, at(659_999));
  expect(waitMs(pace, start, at(659_999))).toBe(60_000);
  pace.begun(start, at(2_000_000));
  expect(waitMs(pace, start, at(2_000_000))).toBe(0);
  for (let tries = 0; tries < 5; tries += 1) pace.begun(start, at(2_000_000));
  pace.keepOnly(new Set(['b']));
  expect(waitMs(pace, start, at(2_000_000))).toBe(0);
});

test('a wait as long as reset_after is no reset', () => {
  const patient = { ...policy, maxMs: 600_000 };
  const pace = new Pace();
  const moments = [0];
  for (let tries = 1; tries < 20; tries += 1) {
    const now = moments.at(-1)!;
    pace.begun(start, { ...at(now), policy: patient });
    moments.push(now + waitMs(pace, start, { ...at(now), policy: patient }));
  }
  expect(moments.at(-1)! - moments.at(-2)!).toBe(600_000);
});
