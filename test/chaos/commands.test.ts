import { expect, test } from 'vitest';
import { commandCampaign } from './command-campaign.js';

/** A few of the histories that `npm run soak -- --commands` invents, and `--every` goes through one by one. */
test('one thing goes wrong at an exact place of a command, and the same command finishes it', async () => {
  const told: string[] = [];
  const result = await commandCampaign({ kind: 'random', seed: 3, histories: 12 }, (line) => told.push(line));
  expect(result.findings, told.join('\n')).toEqual([]);
  expect(result.histories).toBe(12);
  // Most of the places exist.
  expect([...result.faults.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(8);
});
