import { expect, test } from 'vitest';
import { soak } from './soak.js';

/** A few of the histories that `npm run soak` invents for as long as one likes. */
test.each([
  { seed: 7, agents: 5, episodes: 6 },
  { seed: 2, agents: 8, episodes: 8 },
])(
  'history $seed costs no context that it did not end itself, and leaves nothing behind',
  async (history) => {
    const told: string[] = [];
    const result = await soak({
      ...history,
      goOn: (lived) => lived < history.episodes,
      say: (line) => told.push(line),
    });
    expect(result.findings, told.join('\n')).toEqual([]);
    expect(result.unneeded).toBe(0);
    expect(result.lives).toBeGreaterThanOrEqual(history.agents);
    expect(result.episodes).toBe(history.episodes);
  },
);
