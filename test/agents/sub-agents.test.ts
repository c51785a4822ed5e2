import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// A sub-agent of codex's is a thread of the same process, younger than the conversation that it works for.

describe.skipIf(missing().includes('codex') || !wanted().includes('codex'))(
  'a codex that lets a sub-agent work',
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

    test('is continued in its own conversation', { timeout: 180_000 }, async () => {
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
  },
);
