import { expect, test } from 'vitest';
import { LookTurns } from '../../src/controller/look-turns.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** Looks that take a given time, when they began, and where they looked. */
function turning(lookMs = 5) {
  const clock = new VirtualClock();
  const born = clock.monotonic();
  const began: (readonly [number, string])[] = [];
  const turns = new LookTurns({ now: clock.monotonic, after: clock.after }, 50, async (where) => {
    const at = clock.monotonic() - born;
    began.push([at, where]);
    await clock.sleep(lookMs);
    return at;
  });
  return { clock, began, turns };
}

test('the first after a pause begins at once', async () => {
  const { clock, began, turns } = turning();
  const first = turns.take('a');
  await clock.advance(1000);
  const second = turns.take('a');
  await clock.advance(10);
  expect([await first, await second, began.length]).toEqual([0, 1000, 2]);
});

test('starts lie a gap apart, and who asks while one waits for its turn shares it', async () => {
  const { clock, began, turns } = turning();
  const asked: Promise<number>[] = [];
  for (let ms = 0; ms < 200; ms += 1) {
    asked.push(turns.take('a'));
    await clock.advance(1);
  }
  await clock.advance(500);
  expect(began.map(([at]) => at)).toEqual([0, 50, 100, 150, 200]);
  // What was looked at after it was asked for, never before.
  const seen = await Promise.all(asked);
  seen.forEach((at, askedAt) => expect(at).toBeGreaterThanOrEqual(askedAt));
});

test('a look at another place is another look', async () => {
  const { clock, began, turns } = turning();
  void turns.take('a');
  void turns.take('b');
  void turns.take('a');
  void turns.take('b');
  await clock.advance(500);
  expect(began).toEqual([
    [0, 'a'],
    [50, 'b'],
    [100, 'a'],
  ]);
});

test('a look that takes longer than the gap keeps nobody from the next', async () => {
  const { clock, began, turns } = turning(400);
  void turns.take('a');
  await clock.advance(60);
  void turns.take('a');
  await clock.advance(500);
  expect(began.map(([at]) => at)).toEqual([0, 60]);
});
