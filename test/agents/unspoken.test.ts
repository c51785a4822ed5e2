import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentProgram } from '../../scripts/agent-packages.mjs';
import { run, until } from '../support/fleet-sandbox.js';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// gemini's file holds words in the user's name before anybody has spoken, and there is nothing to resume in it.

describe.skipIf(missing().includes('gemini') || !wanted().includes('gemini'))(
  'a gemini that nobody spoke to',
  () => {
    let all: RealFleet;
    beforeAll(async () => {
      const command = [agentProgram('gemini'), '{conversation}'];
      all = await RealFleet.start({ one: 'gemini' }, { words: { one: { command } } });
    });
    afterAll(() => all.dispose());

    /** It has begun its conversation, which is when it would find that there is none to continue. */
    const stands = async (): Promise<number> => {
      await all.pane('one').shows(/Gemini CLI v[^]*Type your message/);
      return all.pane('one').pid();
    };

    test('is begun anew by a restart, and after its death', { timeout: 120_000 }, async () => {
      const first = await stands();
      await all.fleet.expect(0, 'restart', 'one');
      const second = await stands();
      expect(second).not.toBe(first);
      process.kill(second, 'SIGKILL');
      await until('its end', async () => {
        const { stdout } = await run('systemctl', ['--user', 'is-active', 'mosaic-agent@one.service']);
        return stdout.trim() === 'failed';
      });
      await all.fleet.expect(0, 'apply', '--wait');
      const third = await stands();
      await all.expectSent(/^(delivered|queued)/, 'one', 'the first words', '--timeout', '60s');
      await all.received('the first words');
      expect(all.pane('one').pid()).toBe(third);
    });
  },
);
