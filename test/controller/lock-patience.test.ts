import { expect, test } from 'vitest';
import { LockPatience } from '../../src/controller/lock-patience.js';

test('who keeps the lock for long is asked more seldom, until it was given', () => {
  const patience = new LockPatience();
  expect([0, 5000, 9999, 10_000, 60_000].map((now) => patience.refused(now))).toEqual([
    ...[250, 250, 250, 2500, 2500],
  ]);
  patience.given();
  expect(patience.refused(70_000)).toBe(250);
});
