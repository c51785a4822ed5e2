import { expect, test } from 'vitest';
import { campaign } from './campaign.js';

/** A few of the histories that `npm run soak -- --faults` invents, and `--every` goes through one by one. */
test('one thing goes wrong at an exact place of an apply, and the next apply heals it', async () => {
  const told: string[] = [];
  const result = await campaign({ kind: 'random', seed: 11, histories: 6 }, (line) => told.push(line));
  expect(result.findings, told.join('\n')).toEqual([]);
  expect(result.histories).toBe(6);
  // Most of the places exist.
  expect([...result.faults.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(4);
});
