import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentProgram } from '../../scripts/agent-packages.mjs';
import { processTree, readChildren } from '../../src/observers/process-tree.js';
import { until } from '../support/fleet-sandbox.js';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// gemini shows a composer before it has loaded the conversation that it continues, takes it away while it loads, and shows
// another: what is typed in between is nobody's. Held still in such a moment it stays there, as on a machine with a load of 20.

/** Screens of one that has not loaded yet; what was said is on neither, or there is no composer below it. */
const STAGES = {
  'its first composer': (text: string) =>
    text.includes('Type your message') && !text.includes('the first words'),
  'no composer': (text: string) => text.includes('Resuming session'),
};

describe.skipIf(missing().includes('gemini') || !wanted().includes('gemini'))(
  'gemini that continues a conversation',
  () => {
    let all: RealFleet;
    const shown = (): string => {
      try {
        return all.pane('one').text();
      } catch {
        // Between two sessions.
        return '';
      }
    };
    const children = (): readonly number[] => processTree(all.pane('one').pid(), readChildren()).slice(1);
    beforeAll(async () => {
      const command = [agentProgram('gemini'), '{conversation}'];
      all = await RealFleet.start({ one: 'gemini' }, { words: { one: { command } } });
      await all.expectSent(/^(delivered|queued)/, 'one', 'the first words', '--timeout', '60s');
      await all.received('the first words');
      await all.quiet();
    });
    afterAll(() => all.dispose());

    /** Restarts it until it stands still in such a moment. */
    async function heldAt(isStage: (text: string) => boolean): Promise<readonly number[]> {
      for (let tries = 0; tries < 20; tries += 1) {
        const before = all.pane('one').pid();
        const restarted = all.fleet.expect(0, 'restart', 'one');
        await until('another process', () => shown() !== '' && all.pane('one').pid() !== before, 60_000);
        const text = await until('a screen', () => {
          const now = shown();
          return now.includes('Type your message') || now.includes('Resuming session') ? now : null;
        });
        let last = text;
        while (!isStage(last) && !/the first words[^]*Type your message/.test(last)) last = shown();
        const held = children();
        if (isStage(last)) for (const pid of held) process.kill(pid, 'SIGSTOP');
        await restarted;
        // It may have gone on before it was stopped.
        if (isStage(last) && isStage(shown())) return held;
        for (const pid of held) process.kill(pid, 'SIGCONT');
        await all.pane('one').shows(/the first words[^]*Type your message/);
      }
      throw new Error('it was never seen in that moment');
    }

    test.each(Object.entries(STAGES))(
      'a message while it shows %s waits for the composer that stays',
      { timeout: 300_000 },
      async (stage, isStage) => {
        const text = `said while it showed ${stage}`;
        const held = await heldAt(isStage);
        const early: string[] = [];
        const watch = new AbortController();
        const sent = all.send('one', text).finally(() => watch.abort());
        const going = setTimeout(() => held.forEach((pid) => process.kill(pid, 'SIGCONT')), 3000);
        while (!watch.signal.aborted) {
          const now = shown();
          if (now.includes(text) && !now.includes('the first words')) early.push(now);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        clearTimeout(going);
        const { receipt } = await sent;
        expect(receipt).toMatchObject({ status: 'delivered', attempts: 1 });
        await all.received(text);
        await all.quiet();
        expect(all.times(text)).toBe(1);
        expect(early).toEqual([]);
      },
    );
  },
);

describe.skipIf(missing().includes('gemini') || !wanted().includes('gemini'))(
  'gemini that has just begun',
  () => {
    test('gets its first message whole: it is not read key by key', { timeout: 120_000 }, async () => {
      const all = await RealFleet.start({ one: 'gemini' });
      try {
        const text = 'is it whole?\nall of it, is it?';
        await all.expectSent(/^delivered/, 'one', text, '--timeout', '60s');
        await all.quiet();
        expect(all.times(text)).toBe(1);
      } finally {
        await all.dispose();
      }
    });
  },
);
