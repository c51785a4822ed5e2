import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesOf } from '../../src/observers/conversation-evidence.js';
import { turnIn, type Turn } from '../../src/observers/transcripts/transcript.js';
import { BUILT_IN } from '../../src/roster/profiles.js';
import { until } from '../support/fleet-sandbox.js';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// Whom a human has stopped is not in the middle of a turn: nothing tells him to go on. Who was ended in one is.
// opencode's turns are in its database: opencode.test.ts.
for (const runtime of wanted().filter((one) => one !== 'opencode')) {
  describe.skipIf(missing().includes(runtime))(`a turn of ${runtime}`, () => {
    let all: RealFleet;
    beforeAll(async () => {
      all = await RealFleet.start({ one: runtime }, { together: true });
    });
    afterAll(() => all.dispose());

    const profile = BUILT_IN.get(runtime);
    const turn = async (): Promise<Turn | null> => {
      const { stdout } = await all.fleet.expect(0, 'agent', 'conversations', 'one', '--json');
      const { current } = JSON.parse(stdout) as { readonly current: { readonly id: string } | null };
      const place = profile?.conversation?.evidence;
      if (profile === undefined || place == null || current === null) return null;
      const files = filesOf(place, current.id, { HOME: all.home('all') }) ?? [];
      return turnIn(profile.transcript, files, current.id);
    };
    const becomes = (wanted: Turn): Promise<unknown> =>
      until(`a turn that is ${wanted}`, async () => (await turn()) === wanted, 30_000);

    const busyWith = async (text: string): Promise<void> => {
      await all.expectSent(/^(delivered|queued)/, 'one', text, '--when-idle', '--timeout', '60s');
      await all.received(text);
    };
    const busyWithTool = async (name: string): Promise<void> => {
      const mark = path.join(all.fleet.directory, name);
      await busyWith(`TOOL=touch ${mark}; sleep 300`);
      const pane = all.pane('one');
      const runs = async (): Promise<boolean> => {
        // gemini asks.
        if (pane.text().includes('Allow execution')) {
          pane.keys('Enter');
          await pane.settles();
        }
        return fs.existsSync(mark);
      };
      await until('the tool to run', runs, 60_000);
    };
    const stop = (): void => all.pane('one').keys('Escape');

    test('is over when it is answered to the end', async () => {
      await busyWith('hello');
      await all.quiet();
      await becomes('over');
    });

    if (runtime !== 'claude') {
      // Which writes nothing then, and puts the message back into its composer.
      test('is over when its human stops it before the answer', async () => {
        await busyWith('wait GATE=held');
        // pi writes nothing before.
        if (runtime !== 'pi') await becomes('open');
        stop();
        await becomes('over');
        all.server.open('held');
        await all.quiet();
      });
    }

    test('is over when its human stops it in the answer', async () => {
      await busyWith('talk DRIP=100 WORDS=600');
      await until('words', () => all.pane('one').text().includes('word20'), 60_000);
      stop();
      await becomes('over');
      await all.quiet();
    });

    test('is over when its human stops it in a tool', async () => {
      await busyWithTool('stopped');
      await becomes('open');
      stop();
      await becomes('over');
      await all.quiet();
    });

    test('is open when fleet stops the agent in a tool', async () => {
      await busyWithTool('ended');
      await all.fleet.expect(0, 'stop', 'one');
      expect(await turn()).toBe('open');
      await all.fleet.expect(0, 'start', 'one');
    });

    test('is open when the agent is killed in a tool', async () => {
      await busyWithTool('killed');
      process.kill(all.pane('one').pid(), 'SIGKILL');
      await all.fleet.expect(0, 'wait', 'one', '--for', 'stopped');
      expect(await turn()).toBe('open');
    });
  });
}
