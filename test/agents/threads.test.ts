import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// A sub-agent of codex's is a thread of the same process, younger than the conversation that it works for. And the process
// keeps the threads that its human has left.

describe.skipIf(missing().includes('codex') || !wanted().includes('codex'))(
  'a codex with several threads',
  () => {
    let all: RealFleet;
    beforeAll(async () => {
      all = await RealFleet.start({ one: 'codex' }, { together: true });
    });
    afterAll(() => all.dispose());

    const say = async (text: string): Promise<void> => {
      await all.expectSent(/^(delivered|queued)/, 'one', text, '--when-idle', '--timeout', '60s');
      await all.received(text);
      await all.quiet();
    };
    const current = async (): Promise<unknown> => {
      const { stdout } = await all.fleet.expect(0, 'agent', 'conversations', 'one', '--json');
      return (JSON.parse(stdout) as { current: { id: unknown } | null }).current?.id;
    };

    test('is continued in its own conversation, not in a sub-agent’s', { timeout: 180_000 }, async () => {
      await say('the words of the human');
      const id = await current();
      await say('SUBAGENT=count the leaves');
      await until('the sub-agent has its task', () =>
        all.server.requests().some(({ texts }) => texts.at(-1) === 'count the leaves'),
      );
      await all.quiet();
      await all.fleet.expect(0, 'apply');
      expect(await current()).toBe(id);
      await all.fleet.expect(0, 'restart', 'one');
      await say('and another');
      const asked = all.server
        .requests()
        .findLast(({ main, texts }) => main && texts.join('\n').includes('and another'));
      expect(asked?.texts.join('\n')).toContain('the words of the human');
      expect(await current()).toBe(id);
    });

    test('is continued where its human has come back to', { timeout: 180_000 }, async () => {
      const id = await current();
      const pane = all.pane('one');
      const submit = async (text: string): Promise<void> => {
        pane.paste(text);
        await pane.settles();
        pane.keys('Enter');
        await pane.settles();
      };
      await submit('/new');
      await submit('a new day');
      await all.received('a new day');
      await all.quiet();
      await all.fleet.expect(0, 'apply');
      expect(await current()).not.toBe(id);
      await submit('/resume');
      pane.keys('Down', 'Enter');
      await pane.settles();
      await submit('back again');
      await all.received('back again');
      await all.quiet();
      await all.fleet.expect(0, 'apply');
      expect(await current()).toBe(id);
    });

    test(
      'is in a new one after a reset, also before a word is said in it',
      { timeout: 180_000 },
      async () => {
        await say('words to be forgotten');
        const id = await current();
        const { stdout } = await all.fleet.expect(0, 'agent', 'reset', 'one');
        expect(stdout).not.toContain('ended');
        await all.fleet.expect(0, 'apply');
        expect(await current()).not.toBe(id);
        process.kill((await all.fleet.pids())['one'] ?? Number.NaN, 'SIGKILL');
        await until('its unit has ended', async () => Object.keys(await all.fleet.pids()).length === 0);
        await all.fleet.expect(0, 'apply');
        await say('the first words');
        const asked = all.server
          .requests()
          .findLast(({ main, texts }) => main && texts.join('\n').includes('the first words'));
        expect(asked?.texts.join('\n')).not.toContain('words to be forgotten');
      },
    );
  },
);
