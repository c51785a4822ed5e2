import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, until } from '../support/fleet-sandbox.js';
import { agentProgram } from '../../scripts/agent-packages.mjs';
import { missing, prepareAgent, wanted, type Runtime } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// A human begins another conversation in the pane: it is followed, where anything of the very process shows it. Of opencode
// its operator has to say it.
const WORDS: Readonly<Record<Runtime, string>> = {
  claude: '/clear',
  codex: '/new',
  opencode: '/new',
  pi: '/new',
  gemini: '/clear',
};

for (const runtime of wanted()) {
  describe.skipIf(missing().includes(runtime))(`${runtime}, whose human begins another conversation`, () => {
    let all: RealFleet;
    beforeAll(async () => {
      all = await RealFleet.start(
        { one: runtime, two: runtime },
        { together: true, words: { one: { idle_after: '1s' }, two: { idle_after: '1s' } } },
      );
    });
    afterAll(() => all.dispose());

    const say = async (name: string, text: string): Promise<void> => {
      await all.expectSent(/^(delivered|queued)/, name, text, '--when-idle', '--timeout', '60s');
      await all.received(text);
      await all.quiet();
      await all.fleet.expect(0, 'wait', name, '--for', 'idle', '--timeout', '60s');
    };
    const lastWith = (mark: string): string =>
      all.server
        .requests()
        .findLast(({ main, texts }) => main && texts.join('\n').includes(mark))
        ?.texts.join('\n') ?? '';

    test('is continued there after its death', { timeout: 300_000 }, async () => {
      await say('two', 'the words of the neighbour');
      await say('one', 'the old days');
      const pane = all.pane('one');
      pane.paste(WORDS[runtime]);
      await pane.settles();
      pane.keys('Enter');
      await pane.settles();
      pane.paste('a new day');
      await pane.settles();
      pane.keys('Enter');
      await all.received('a new day');
      await all.quiet();
      const session = runtime === 'opencode' ? await newestSession(all) : null;
      await say('two', 'more of the neighbour');

      if (session !== null) await all.fleet.expect(0, 'agent', 'resume', 'one', session);
      const pid = pane.pid();
      // Whoever looks puts it on record; the controller does.
      await all.fleet.expect(0, 'apply');
      process.kill(pid, 'SIGKILL');
      await until('its end', async () => {
        const { stdout } = await run('systemctl', ['--user', 'is-active', 'mosaic-agent@one.service']);
        return stdout.trim() === 'failed';
      });
      await all.fleet.expect(0, 'apply', '--wait');
      await say('one', 'and another');
      const texts = lastWith('and another');
      expect(['the old days', 'a new day', 'neighbour'].map((mark) => texts.includes(mark))).toEqual([
        false,
        true,
        false,
      ]);
      const { stdout } = await all.fleet.expect(0, 'agent', 'conversations', 'one', '--json');
      expect((JSON.parse(stdout) as { former: unknown[] }).former).toHaveLength(1);
    });
  });
}

/** The session of opencode's that was written last, as its operator would look it up. */
async function newestSession(all: RealFleet): Promise<string> {
  const { env } = prepareAgent('opencode', {
    ...{ home: all.home('all'), work: path.join(all.fleet.work, 'all'), port: all.server.port },
  });
  const listed = await run(agentProgram('opencode'), ['session', 'list'], {
    ...{ cwd: path.join(all.fleet.work, 'all'), env },
  });
  const id = /ses_\w+/.exec(listed.stdout)?.[0];
  if (id === undefined) throw new Error(`no session is listed: ${listed.stdout}${listed.stderr}`);
  return id;
}
