import { describe, expect, test } from 'vitest';
import {
  anotherChance,
  countEnd,
  countEnds,
  delayMs,
  remainingMs,
  type FailureRecord,
} from '../../src/controller/backoff.js';
import { LongRuns, withCleanSlate } from '../../src/controller/clean-slate.js';
import type { LastEnd } from '../../src/controller/observed.js';
import { Scene } from '../support/scene.js';

const policy = { baseMs: 10_000, maxMs: 60_000, resetAfterMs: 600_000, stallAfter: 5 };
type CountedEnd = LastEnd & { readonly invocation: string };
const end = (invocation: string, more: Partial<LastEnd> = {}): CountedEnd => ({
  ...{ reason: 'exited', status: 1, signal: null, at: 0, ranMs: 100, spec: 'v1:a' },
  moment: { boot: 'boot', ms: 1000 },
  ...more,
  invocation,
});
/** Ids whose jitter is nothing. */
const id = (number: number): string => `${number}0000000000000000`;

test('at once, then base, doubled, up to max', () => {
  expect([1, 2, 3, 4, 5, 6, 100, 2000].map((count) => delayMs(count, policy))).toEqual([
    0, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000,
  ]);
});

describe('counting', () => {
  const after = (ends: readonly CountedEnd[], before: FailureRecord | null = null): FailureRecord | null =>
    ends.reduce((record, one) => countEnd(record, one, policy), before);

  test('ends in a row add up, each once, from the moment of the end', () => {
    const third = after([end(id(1)), end(id(2)), end(id(2)), end(id(3))]);
    expect(third).toMatchObject({
      count: 3,
      stalled: false,
      lastEnd: id(3),
      due: { boot: 'boot', ms: 21_000 },
    });
    expect(countEnd(third, end(id(3)), policy)).toBe(third);
  });

  test('the jitter is at most a tenth, and the same for the same end', () => {
    const full = after([end(id(1)), end('00000000ffffffff')]);
    expect(full?.due.ms).toBe(1000 + 10_000 + 999);
    expect(after([end(id(1)), end('00000000ffffffff')])).toEqual(full);
  });

  test('given up at the end that makes them stall_after in a row', () => {
    const ends = [1, 2, 3, 4, 5].map((number) => end(id(number)));
    expect(after(ends.slice(0, 4))?.stalled).toBe(false);
    expect(after(ends)?.stalled).toBe(true);
    expect(countEnd(null, end(id(1)), { ...policy, stallAfter: 1 }).stalled).toBe(true);
  });

  test("an end before the operator's word counts no more, one after it does", () => {
    const word = { boot: 'boot', ms: 1500 };
    const released = anotherChance(new Map(), new Set(['a']), word).get('a')!;
    const once = { ...policy, stallAfter: 1 };
    expect(countEnd(released, end(id(1)), once)).toBe(released);
    const later = end(id(2), { moment: { boot: 'boot', ms: 1501 } });
    expect(countEnd(released, later, once)).toMatchObject({ count: 1, stalled: true });
    expect(countEnd(released, end(id(2), { moment: { boot: 'next', ms: 1 } }), once).count).toBe(1);
  });

  test.each([
    ['a long stable run', { ranMs: 600_000 }],
    ['another configuration', { spec: 'v1:b' }],
    ['the first end of a boot', { moment: { boot: 'next', ms: 20_000 } }],
  ])('%s starts anew', (_, more) => {
    expect(after([end(id(1)), end(id(2)), end(id(3), more)])?.count).toBe(1);
  });

  test("the server's death, and an end without an id, are nobody's fault", () => {
    const scene = new Scene(['a', 'b']);
    const { desired } = scene.world();
    const none = new Map<string, FailureRecord>();
    const ends = new Map<string, LastEnd>([
      ['a', end(id(1), { reason: 'server-gone' })],
      ['b', { ...end(id(1)), invocation: null }],
      ['c', end(id(1))],
    ]);
    expect(countEnds(none, ends, desired)).toBe(none);
    expect([...countEnds(none, new Map([['a', end(id(1))]]), desired).keys()]).toEqual(['a']);
  });
});

test('a start is due on the same boot when its time has come, and always after a reboot', () => {
  const record = countEnd(countEnd(null, end(id(1)), policy), end(id(2)), policy);
  expect(remainingMs(record, { boot: 'boot', ms: 1000 })).toBe(10_000);
  expect(remainingMs(record, { boot: 'boot', ms: 11_000 })).toBe(0);
  expect(remainingMs(record, { boot: 'next', ms: 0 })).toBe(0);
});

describe('a run of reset_after', () => {
  const failing = [1, 2, 3, 4, 5, 6].reduce<FailureRecord | null>(
    (record, one) => countEnd(record, end(id(one)), policy),
    null,
  )!;
  const { desired } = new Scene(['a']).world();
  const failures = new Map([['a', failing]]);

  test("that the server's death has ended clears the slate, a shorter one does not", () => {
    const after = (ranMs: number) =>
      countEnds(failures, new Map([['a', end(id(7), { reason: 'server-gone', ranMs })]]), desired);
    expect(after(599_999)).toBe(failures);
    const cleared = after(600_000);
    expect(cleared.get('a')).toMatchObject({ count: 0, stalled: false, lastEnd: id(7) });
    const again = new Map([['a', end(id(7), { reason: 'server-gone', ranMs: 600_000 })]]);
    expect(countEnds(cleared, again, desired)).toBe(cleared);
  });

  test('clears it while it goes on, for what has ended without a record', () => {
    const scene = new Scene(['a', 'b']).live('a').live('b').remember({ failures });
    const runs = new LongRuns();
    expect([...runs.look(scene.world(), 0)]).toEqual([]);
    expect([...runs.look(scene.world(), 599_999)]).toEqual([]);
    const agents = runs.look(scene.world(), 600_000);
    expect([...agents]).toEqual(['a']);
    // Another one: it began a moment ago.
    const other = new Scene(['a', 'b']).live('b').live('a').remember({ failures });
    expect([...runs.look(other.world(), 600_001)]).toEqual([]);
    const cleared = withCleanSlate(failures, agents);
    expect(cleared.get('a')).toMatchObject({ count: 0, stalled: false, lastEnd: id(6) });
    expect([...runs.look(scene.remember({ failures: cleared }).world(), 2_000_000)]).toEqual([]);
    // The last end on record was counted.
    expect(countEnds(cleared, new Map([['a', end(id(6))]]), desired)).toBe(cleared);
    expect(countEnd(cleared.get('a')!, end(id(7)), policy).count).toBe(1);
  });
});

describe('the gate', () => {
  const scene = (count: number, uptime: number): Scene => {
    const one = new Scene(['a']).unit('a', 'failed');
    const wanted = one.world().desired.get('a');
    const spec = wanted?.kind === 'resolved' ? wanted.specHash : '';
    let record: FailureRecord | null = null;
    for (let number = 1; number <= count; number += 1)
      record = countEnd(record, end(id(number), { spec }), policy);
    one.uptime = uptime;
    return one.remember({ failures: new Map(record === null ? [] : [['a', record]]) });
  };

  test.each([
    [1, 1000, { kind: 'ready' }],
    [2, 1000, { kind: 'backing-off', count: 2, inMs: 10_000 }],
    [2, 11_000, { kind: 'ready' }],
    [6, 10_000_000, { kind: 'stalled', count: 6 }],
  ])('after %i ends, %i ms after boot', (count, uptime, gate) => {
    expect(scene(count, uptime).actionOn('a')?.gate).toEqual(gate);
  });
});

test("the operator's word takes failures back, and is kept over further ones", () => {
  const stalled = [1, 2, 3, 4, 5, 6].reduce<FailureRecord | null>(
    (record, one) => countEnd(record, end(id(one)), policy),
    null,
  )!;
  const released = { boot: 'boot', ms: 7 };
  const after = anotherChance(new Map([['a', stalled], ['b', stalled]]), new Set(['a', 'c']), released); // prettier-ignore
  expect(after.get('b')).toBe(stalled);
  expect(after.get('c')).toMatchObject({ count: 0, stalled: false, released });
  const again = after.get('a')!;
  expect(again).toMatchObject({ count: 0, stalled: false, lastEnd: id(6), released });
  expect(remainingMs(again, { boot: 'boot', ms: 8 })).toBe(0);
  expect(countEnd(again, end(id(6)), policy)).toBe(again);
  expect(countEnd(again, end(id(7)), policy)).toMatchObject({ count: 1, released });
});
