import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { noWords } from '../../src/controller/gate.js';
import { history, Story } from '../support/history.js';

test('every pass of every history keeps the laws', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(history, async (happenings) => {
      const story = new Story();
      await story.pass(noWords);
      await story.live(happenings);
      for (const [what, count] of story.seen) seen.set(what, (seen.get(what) ?? 0) + count);
    }),
    { numRuns: 1000 },
  );
  // Laws that are never put to the test hold always.
  const rare = [
    ...['start', 'stop', 'restart', 'reset', 'update', 'adopt'].map((action) => `${action} done`),
    ...['deferred', 'needs-approval', 'held', 'braked', 'blocked'].map((gate) => `restart ${gate}`),
    ...['reset deferred', 'stop held', 'stop braked', 'start failed', 'fleet killed', 'agent unknown'],
  ].filter((what) => (seen.get(what) ?? 0) === 0); // prettier-ignore
  expect(rare).toEqual([]);
});
