import { expect, test } from 'vitest';
import { Loop, type PassOutcome } from '../../src/controller/loop.js';
import { VirtualClock } from '../support/virtual-clock.js';

const timings = { gapMs: 50, resyncMs: 15_000 };

/** A loop whose passes take a given time, and the moments at which they began. */
function looped(passMs = 0, outcome: Partial<PassOutcome> = {}, random = 0) {
  const clock = new VirtualClock();
  const born = clock.monotonic();
  const began: number[] = [];
  const states: string[] = [];
  const loop: Loop = new Loop(
    {
      pass: async () => {
        began.push(clock.monotonic() - born);
        states.push(loop.state);
        if (passMs > 0) await clock.sleep(passMs);
        return { nextMs: null, ...outcome };
      },
      now: clock.monotonic,
      after: clock.after,
      random: () => random,
    },
    timings,
  );
  return { clock, began, states, loop };
}

test('nothing happens before it is woken', async () => {
  const { clock, began, loop } = looped();
  await clock.advance(100_000);
  expect([began, loop.state]).toEqual([[], 'idle']);
});

test('idle, due, passing, idle', async () => {
  const { clock, states, loop } = looped(10);
  loop.wake();
  expect(loop.state).toBe('due');
  await clock.advance(5);
  expect(loop.state).toBe('passing');
  loop.wake();
  expect(loop.state).toBe('passing-dirty');
  await clock.advance(10);
  expect(loop.state).toBe('due');
  await clock.advance(100);
  expect([loop.state, states]).toEqual(['idle', ['passing', 'passing']]);
});

test('a hundred wake-ups during a pass are one more pass', async () => {
  const { clock, began, loop } = looped(30);
  loop.wake();
  await clock.advance(10);
  for (let times = 0; times < 100; times += 1) loop.wake();
  await clock.advance(1000);
  expect(began).toEqual([0, 50]);
});

test('a hundred wake-ups before a pass are one pass', async () => {
  const { clock, began, loop } = looped();
  for (let times = 0; times < 100; times += 1) loop.wake();
  await clock.advance(1000);
  expect(began).toEqual([0]);
});

test('who is woken without a pause leaves a gap between the starts of passes', async () => {
  const { clock, began, loop } = looped(5);
  for (let ms = 0; ms < 310; ms += 1) {
    loop.wake();
    await clock.advance(1);
  }
  expect(began.slice(0, 4)).toEqual([0, 50, 100, 150]);
});

test('a pass that took longer than its gap is followed at once', async () => {
  const { clock, began, loop } = looped(400);
  loop.wake();
  await clock.advance(10);
  loop.wake();
  await clock.advance(1000);
  expect(began).toEqual([0, 400]);
});

test.each([
  [0, 15_000],
  [0.5, 15_750],
  [0.999, 16_498.5],
])('the resync has up to a tenth of jitter: random %d, %d ms', async (random, wait) => {
  const { clock, began, loop } = looped(0, {}, random);
  loop.wake();
  await clock.advance(33_000);
  expect(began).toEqual([0, Math.ceil(wait), 2 * Math.ceil(wait)]);
});

test.each([
  [null, 15_000],
  [4000, 4000],
  [-5, 50],
  [0, 50],
  [60_000, 15_000],
])('a pass that asks for the next after %s ms', async (nextMs, wait) => {
  const { clock, began, loop } = looped(0, { nextMs });
  loop.wake();
  await clock.advance(wait + 1);
  expect(began.slice(0, 2)).toEqual([0, wait]);
});

test('a wake-up replaces the time that was waited for', async () => {
  const { clock, began, loop } = looped(0, { nextMs: 4000 });
  loop.wake();
  await clock.advance(1000);
  loop.wake();
  await clock.advance(4500);
  expect(began).toEqual([0, 1000, 5000]);
  expect(clock.pending).toBe(1);
});

test('a clock that is set moves nothing', async () => {
  const { clock, began, loop } = looped();
  loop.wake();
  await clock.advance(10_000);
  clock.jump(86_400_000);
  await clock.advance(4000);
  clock.jump(-2 * 86_400_000);
  await clock.advance(1001);
  expect(began).toEqual([0, 15_000]);
});

test('stopped while idle or due, nothing more happens', async () => {
  const idle = looped();
  idle.loop.wake();
  await idle.clock.advance(10);
  await idle.loop.stop();
  const due = looped();
  due.loop.wake();
  await due.loop.stop();
  for (const { clock, loop } of [idle, due]) {
    loop.wake();
    await clock.advance(100_000);
    expect([loop.state, clock.pending]).toEqual(['stopped', 0]);
  }
  expect([idle.began.length, due.began.length]).toEqual([1, 0]);
});

test('stopped while passing, every caller waits for the end of the pass', async () => {
  const { clock, began, loop } = looped(500);
  loop.wake();
  await clock.advance(100);
  loop.wake();
  const ended: string[] = [];
  void loop.stop().then(() => ended.push('first'));
  void loop.stop().then(() => ended.push('second'));
  await clock.advance(300);
  expect(ended).toEqual([]);
  await clock.advance(101);
  expect(ended).toEqual(['first', 'second']);
  await clock.advance(100_000);
  expect([began, loop.state, clock.pending]).toEqual([[0], 'stopped', 0]);
});
