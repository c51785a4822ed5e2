import * as fc from 'fast-check';
import { test } from 'vitest';
import { noWords, type Words } from '../../src/controller/gate.js';
import { plan } from '../../src/controller/plan.js';
import { expectConverged } from '../support/converged.js';
import { history, Story } from '../support/history.js';

/** Of agents that have left the roster, too. */
const confirmed = ({ host, roster }: Story): Words => ({
  now: true,
  approve: new Set(plan(host.observe(roster), noWords, host.now).actions.map(({ agent }) => agent)),
  confirm: true,
});

test('fleet killed between any two port calls: the next apply brings everything to an end', async () => {
  const died = { often: 0 };
  await fc.assert(
    fc.asyncProperty(history, fc.nat(30), async (happenings, dieAfter) => {
      const story = new Story();
      await story.pass(noWords);
      await story.live(happenings);
      story.calm();
      if ((await story.pass(confirmed(story), dieAfter)) === null) died.often += 1;
      await story.pass(confirmed(story));
      expectConverged(story);
    }),
    { numRuns: 700 },
  );
  if (died.often < 50) throw new Error(`fleet was killed only ${died.often} times`);
});
