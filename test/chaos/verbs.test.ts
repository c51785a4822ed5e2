import { expect, test } from 'vitest';
import { verbCampaign } from './verb-campaign.js';

/** A few of the histories that `npm run soak -- --verbs` invents, and `--every` goes through one by one. */
test('one thing goes wrong at an exact place of a command to an agent, and the same command finishes it', async () => {
  const told: string[] = [];
  const result = await verbCampaign({ kind: 'random', seed: 5, histories: 6 }, (line) => told.push(line));
  expect(result.findings, told.join('\n')).toEqual([]);
  expect(result.histories).toBe(6);
  // Most of the places exist.
  expect([...result.faults.values()].reduce((sum, number) => sum + number, 0)).toBeGreaterThanOrEqual(4);
});
