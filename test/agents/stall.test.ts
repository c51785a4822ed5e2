import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processTree, readChildren } from '../../src/observers/process-tree.js';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// A program that gets no processor for a while, as on a machine with a load of 20: it reads the paste when it goes on, and in one
// piece with it whatever was pressed meanwhile. tmux wakes a pane's own process that was stopped (3.3a), so only a runtime can
// stand still here whose screen is drawn by a child of that: gemini.

describe.skipIf(missing().includes('gemini') || !wanted().includes('gemini'))(
  'gemini that stands still for a while',
  () => {
    let all: RealFleet;
    const signal = (name: NodeJS.Signals): void => {
      const [, ...children] = processTree(all.pane('one').pid(), readChildren());
      expect(children).not.toEqual([]);
      for (const pid of children) process.kill(pid, name);
    };
    /** Ends the stall after so long; what was sent meanwhile was taken once: the model was asked once, and heard it once. */
    const onceAfter = async (
      stallMs: number,
      text: string,
      sent: ReturnType<RealFleet['send']>,
    ): Promise<number> => {
      const asked = (): number => all.server.requests().filter(({ main }) => main).length;
      const before = asked();
      const going = setTimeout(() => signal('SIGCONT'), stallMs);
      const { receipt } = await sent.finally(() => clearTimeout(going));
      signal('SIGCONT');
      await all.eventually(
        `an answer; the receipt was ${JSON.stringify(receipt)}`,
        () => all.times(text) > 0,
      );
      await all.quiet();
      expect(receipt).toMatchObject({ status: 'delivered' });
      expect([all.times(text), asked() - before]).toEqual([1, 1]);
      return receipt.attempts;
    };
    beforeAll(async () => {
      all = await RealFleet.start({ one: 'gemini' });
      await all.expectSent(/^(delivered|queued)/, 'one', 'the first words', '--timeout', '60s');
      await all.received('the first words');
      await all.quiet();
    });
    afterAll(() => all.dispose());

    test('while the text is pasted: it is entered once, when it shows', { timeout: 120_000 }, async () => {
      const text = 'said while it stood still';
      signal('SIGSTOP');
      expect(await onceAfter(13_000, text, all.send('one', text))).toBe(1);
    });

    test(
      'while it is entered: its model is asked once, however long it takes',
      { timeout: 120_000 },
      async () => {
        const text = 'said before it stood still';
        const sent = all.send('one', text);
        await all.eventually('the draft', () => all.pane('one').has(/ > .*said before it stood still/));
        signal('SIGSTOP');
        // For 40 ms after a paste gemini (0.61) takes Enter for a line's end. Where it was stopped within those it does so when it goes on,
        // and shows it: then Enter is pressed once more.
        expect(await onceAfter(6000, text, sent)).toBeLessThanOrEqual(2);
      },
    );
  },
);
