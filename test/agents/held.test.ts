import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing, wanted, type Runtime } from '../support/real-agents.js';
import { until } from '../support/fleet-sandbox.js';
import { RealFleet } from './real-fleet.js';

// What these hold, busy, until their turn is over is in their memory alone: it must not end with their process. (claude and opencode are
// given nothing before they are idle.)
const holders: readonly Runtime[] = ['pi', 'gemini', 'codex'];

for (const runtime of wanted().filter((one) => holders.includes(one))) {
  describe.skipIf(missing().includes(runtime))(`${runtime}, busy`, () => {
    let all: RealFleet;
    beforeAll(async () => {
      all = await RealFleet.start({ one: runtime }, { together: true });
      await all.expectSent(/^(delivered|queued)/, 'one', 'the first words', '--timeout', '60s');
      await all.received('the first words');
      await all.quiet();
    });
    afterAll(() => all.dispose());

    const waits = async (): Promise<string> => (await all.fleet.expect(0, 'agent', 'outbox', 'one')).stdout;
    /** Puts it to work, and tells it two things meanwhile. */
    const holding = async (gate: string, ...texts: readonly string[]): Promise<readonly string[]> => {
      await all.expectSent(/^(delivered|queued)/, 'one', `work GATE=${gate}`, '--timeout', '60s');
      await all.received(`GATE=${gate}`);
      const told: string[] = [];
      for (const text of texts) told.push((await all.expectSent(/^(delivered|queued)/, 'one', text)).status);
      return told;
    };

    test('what it holds it reads once, and then nothing is left', { timeout: 120_000 }, async () => {
      await holding('read', 'kept one', 'kept two', 'kept one');
      all.server.open('read');
      for (const text of ['kept one', 'kept two']) await all.received(text);
      await until('the second of the same words', () => all.times('kept one') === 2, 30_000);
      await all.quiet();
      await all.expectSent(/^(delivered|queued)/, 'one', 'and then', '--timeout', '60s');
      await all.received('and then');
      await all.quiet();
      expect(['kept one', 'kept two', 'and then'].map((text) => all.times(text))).toEqual([2, 1, 1]);
      expect(await waits()).toBe('Nothing waits.\n');
    });

    test.each(['killed', 'restarted'])(
      'what it holds when it is %s it reads in its next life, once',
      { timeout: 180_000 },
      async (how) => {
        const texts = [`${how} one`, `${how} two`, `${how} one`];
        expect(await holding(how, ...texts)).toEqual(['queued', 'queued', 'queued']);
        if (how === 'killed') process.kill(all.pane('one').pid(), 'SIGKILL');
        else await all.fleet.fleet('restart', '--now', 'one');
        all.server.open(how);
        await all.running();
        await until(
          'nothing waits',
          async () => (await all.fleet.fleet('agent', 'outbox', '--deliver', 'one')).code === 0,
          90_000,
        );
        await all.expectSent(/^(delivered|queued)/, 'one', `after ${how}`, '--timeout', '60s');
        await all.received(`after ${how}`);
        await all.quiet();
        expect(texts.map((text) => all.times(text))).toEqual([2, 1, 2]);
        expect(await waits()).toBe('Nothing waits.\n');
      },
    );
  });
}
