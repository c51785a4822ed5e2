import { expect, test } from 'vitest';
import { Repetition } from '../../src/controller/repetition.js';

const hour = 3_600_000;

test('what repeats is told at the first, second, fourth, eighth time …', () => {
  const repetition = new Repetition();
  const told = Array.from({ length: 1000 }, (_, index) => repetition.note('a', index * 1000)).filter(
    (one) => one !== null,
  );
  expect(told.map(({ count }) => count)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
  expect(new Set(told.map(({ since }) => since))).toEqual(new Set([0]));
});

test('after an hour without it, it is new again; so it is after a clock that jumped', () => {
  const repetition = new Repetition();
  repetition.note('a', 0);
  expect(repetition.note('a', hour)).toEqual({ count: 1, since: hour });
  expect(repetition.note('a', hour + 1)).toEqual({ count: 2, since: hour });
  expect(repetition.note('a', -24 * hour)).toEqual({ count: 1, since: -24 * hour });
});

test('what it remembers is bounded', () => {
  const repetition = new Repetition();
  repetition.note('first', 0);
  for (let index = 0; index < 5000; index += 1) repetition.note(String(index), 1);
  expect(repetition.note('first', 2)).toEqual({ count: 1, since: 2 });
  expect(repetition.note('4999', 2)).toEqual({ count: 2, since: 1 });
});
