import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { conversationWords } from '../../src/roster/conversation.js';
import { BUILT_IN } from '../../src/roster/profiles.js';
import { run, until } from '../support/fleet-sandbox.js';
import { Pane } from '../support/pane.js';
import { missing, prepareAgent, wanted, type Runtime } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// What a damaged, cut, deleted or never begun transcript does to the next start of the real programs. Whatever they make of it:
// it is reported, no conversation's record goes away, nothing is started again and again, and the agent can be had back.
const HISTORY = ['the first of the old days', 'the second of the old days', 'the third of the old days'];

for (const runtime of wanted()) {
  describe.skipIf(missing().includes(runtime))(`${runtime}, whose transcript`, () => {
    let all: RealFleet;
    let count = 0;
    beforeAll(async () => {
      const backoff = '{ base: 100ms, max: 100ms, reset_after: 1m, stall_after: 1000 }';
      const settings = `defaults: { idle_after: 1s, backoff: ${backoff} }`;
      all = await RealFleet.start({ one: runtime }, { together: true, settings });
    });
    afterAll(() => all.dispose());
    beforeEach(async () => {
      await all.fleet.fleet('restart', 'one', '--fresh');
      await all.running();
      count += 1;
    });

    const say = async (text: string): Promise<void> => {
      await all.expectSent(/^(delivered|queued)/, 'one', text, '--when-idle', '--timeout', '90s');
      await all.received(text);
      await all.quiet();
      await all.fleet.expect(0, 'wait', 'one', '--for', 'idle', '--timeout', '90s');
    };
    const told = (text: string): string => `${text}, ${runtime} ${count}`;
    const tell = async (): Promise<void> => {
      for (const text of HISTORY) await say(told(text));
      // Whoever looks puts on record what there is.
      await all.fleet.expect(0, 'apply');
    };
    const current = async (): Promise<string> => {
      const { stdout } = await all.fleet.expect(0, 'agent', 'conversations', 'one', '--json');
      return (JSON.parse(stdout) as { current: { id: string } | null }).current?.id ?? '';
    };
    const dies = async (): Promise<void> => {
      process.kill(all.pane('one').pid(), 'SIGKILL');
      await until('its end', async () => {
        const { stdout } = await run('systemctl', ['--user', 'is-active', 'mosaic-agent@one.service']);
        return stdout.trim() === 'failed';
      });
    };
    /** Starts it as the controller would, four times at most, and tells how that ended. */
    const comesBack = async (): Promise<string> => {
      for (let tries = 0; tries < 4; tries += 1) {
        const { code, stdout } = await all.fleet.fleet('apply', '--wait', '90s');
        if (code === 0) return 'runs';
        if (/blocked|stalled|gone/.test(stdout)) return 'waits for a word';
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      return 'ends again and again';
    };
    /** What the model is told of the old days by the next message. */
    const remembers = async (): Promise<readonly boolean[]> => {
      const text = told('and now');
      await say(text);
      const request = all.server
        .requests()
        .findLast(({ main, texts }) => main && texts.join('\n').includes(text));
      const texts = request?.texts.join('\n') ?? '';
      return HISTORY.map((old) => texts.includes(told(old)));
    };

    test('was never begun: it comes up anew', { timeout: 300_000 }, async () => {
      await dies();
      expect(await comesBack()).toBe('runs');
      expect(await remembers()).toEqual([false, false, false]);
    });

    test('is in use by a process of its human’s: both run, or it waits', { timeout: 600_000 }, async () => {
      await tell();
      const id = await current();
      await all.fleet.expect(0, 'stop', 'one');
      const place = { home: all.home('all'), work: path.join(all.fleet.work, 'all'), port: all.server.port };
      const { command, env } = prepareAgent(runtime, place);
      const shape = BUILT_IN.get(runtime)?.conversation;
      const words = [...command, ...(shape == null ? [] : conversationWords(shape, id).resume)];
      const size = { width: 120, height: 40 };
      const pane = Pane.start(`human-${process.pid}`, '/dev/null', size, place.work, words, env);
      let end: string;
      try {
        await pane.settles(1500, 20_000);
        await all.fleet.fleet('start', 'one');
        end = await comesBack();
      } finally {
        pane.end();
        pane.endServer();
      }
      if (end !== 'runs') await all.running();
      if (runtime === 'codex') {
        // It asks its human: nothing is typed into that, and nothing taken for a draft.
        await all.expectSent(/^refused Dialog/, 'one', told('into a question'));
        all.pane('one').keys('r');
      }
      console.log(
        `${runtime}, in use by another process: ${end}, remembers ${JSON.stringify(await remembers())}`,
      );
      expect(await current()).toBe(id);
    });

    const harms: Readonly<Record<string, (file: string) => void>> = {
      'was cut off in the middle of its last line': (file) => {
        const { size } = fs.statSync(file);
        fs.truncateSync(file, size - 20);
      },
      'lost its second half': (file) => fs.truncateSync(file, Math.floor(fs.statSync(file).size / 2)),
      'has garbage in its middle': (file) => {
        const handle = fs.openSync(file, 'r+');
        const at = Math.floor(fs.fstatSync(handle).size / 2);
        fs.writeSync(handle, `\n{"broken": \u0000\u0001 ]]]\n`.repeat(20), at);
        fs.closeSync(handle);
      },
      'is garbage': (file) => fs.writeFileSync(file, 'no transcript at all\n'.repeat(200)),
      'is gone': (file) => fs.rmSync(file),
    };
    for (const [harm, happen] of Object.entries(harms)) {
      test(`${harm}: it is reported, or continued with what is left`, { timeout: 600_000 }, async () => {
        await tell();
        const id = await current();
        await dies();
        const files = transcriptsOf(runtime, all.home('all'), id);
        expect(files.length, id).toBeGreaterThan(0);
        // opencode's is that of all its conversations: its operator has to put it back, whatever else he does.
        const shared =
          runtime === 'opencode' ? files.map((file) => [file, fs.readFileSync(file)] as const) : [];
        for (const file of files) happen(file);
        const end = await comesBack();
        const status = await all.fleet.fleet('status', 'one');
        const explained = await all.fleet.fleet('explain', 'one');
        const kept = await all.fleet.fleet('agent', 'conversations', 'one');
        expect(kept.stdout, `${status.stdout}${explained.stdout}`).toContain(id);
        expect(end, `${status.stdout}${explained.stdout}`).not.toBe('ends again and again');
        if (end !== 'runs') expect(`${status.stdout}${explained.stdout}`).toMatch(/conversation/);
        if (shared.length > 0) {
          await all.fleet.expect(0, 'stop', 'one');
          for (const [file, bytes] of shared) fs.writeFileSync(file, bytes);
          await all.fleet.expect(0, 'start', 'one');
          await all.running();
          expect(await current()).toBe(id);
        } else if (end !== 'runs') {
          await all.fleet.expect(0, 'restart', 'one', '--fresh');
          await all.running();
        }
        console.log(`${runtime}, ${harm}: ${end}, remembers ${JSON.stringify(await remembers())}`);
      });
    }
  });
}

/** The files of a conversation; opencode's are of all of them. */
function transcriptsOf(runtime: Runtime, home: string, id: string): readonly string[] {
  if (runtime === 'pi') return [id];
  if (runtime === 'opencode') {
    const directory = path.join(home, '.local/share/opencode');
    const names = fs.readdirSync(directory).filter((name) => /^opencode.*\.db/.test(name));
    return names.map((name) => path.join(directory, name));
  }
  const below = { claude: '.claude/projects', codex: '.codex/sessions', gemini: '.gemini/tmp' }[runtime];
  const names = fs.readdirSync(path.join(home, below), { recursive: true, encoding: 'utf8' });
  const end = runtime === 'gemini' ? `-${id.slice(0, 8)}.jsonl` : `${id}.jsonl`;
  return names.filter((name) => name.endsWith(end)).map((name) => path.join(home, below, name));
}
