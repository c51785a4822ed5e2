import { expect, test } from 'vitest';
import { livedClock } from '../../src/host/clock.js';

test('time in which the process did not run has not passed', () => {
  let real = 1000;
  const now = livedClock(() => real);
  const after = (ms: number): number => {
    real += ms;
    return now();
  };
  expect(now()).toBe(1000);
  expect(after(50)).toBe(1050);
  // A program that took all the time it has.
  expect(after(5000)).toBe(6050);
  expect(after(60_000)).toBe(6050);
  expect(after(50)).toBe(6100);
  expect(after(3_600_000)).toBe(6100);
});
