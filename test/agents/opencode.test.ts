import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processFacts } from '../../src/observers/process-facts.js';
import { FleetSandbox, run, until } from '../support/fleet-sandbox.js';
import { startModelServer, type ModelRequest, type ModelServer } from '../support/model-server.js';
import { missing, prepareAgent, wanted } from '../support/real-agents.js';

interface Conversations {
  readonly current: { readonly id: string };
  readonly former: readonly { readonly id: string; readonly ended: string }[];
}

const many = Number(process.env['FLEET_OPENCODES'] ?? 2);

describe.skipIf(!wanted().includes('opencode') || missing().includes('opencode'))(
  'opencodes of one home',
  () => {
    test('that are started for the first time at once all come up', { timeout: 400_000 }, async () => {
      const fleet = new FleetSandbox();
      const server = await startModelServer();
      try {
        const place = { work: fleet.work, home: path.join(fleet.directory, 'home'), port: server.port };
        const { command, env } = prepareAgent('opencode', place);
        const words = { runtime: 'opencode', command: [...command, '{conversation}'], env };
        const names = Array.from({ length: many }, (_, index) => `first${index}`);
        fleet.writeRoster(names.map((name) => JSON.stringify({ name, ...words })));
        await fleet.expect(0, 'install');
        await fleet.expect(0, 'apply', '--wait', '120s');
        await fleet.expect(0, 'wait', '--for', 'ready', ...names, '--timeout', '240s');
      } finally {
        await fleet.dispose();
        await server.close();
      }
    });
  },
);

// What is opencode's alone: a session that is imported before the first start, in a repository, from a database of all agents.
for (const runtime of wanted().filter((one) => one === 'opencode')) {
  describe.skipIf(missing().includes(runtime))('opencode: a session that is imported', () => {
    let fleet: FleetSandbox;
    let server: ModelServer;
    let home: string;
    let program: string;
    let env: Readonly<Record<string, string>>;
    const database = (): string => path.join(home, '.local/share/opencode/opencode.db');

    beforeAll(async () => {
      fleet = new FleetSandbox();
      server = await startModelServer();
      home = path.join(fleet.directory, 'home');
      const prepared = prepareAgent(runtime, { work: fleet.work, home, port: server.port });
      [program = ''] = prepared.command;
      ({ env } = prepared);
      const as = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
      execFileSync('git', ['init', '-q', fleet.work]);
      execFileSync('git', ['-C', fleet.work, ...as, 'commit', '-q', '--allow-empty', '-m', 'first']);
      const command = [program, '--model', 'fake/fake-model', '{conversation}'];
      const words = { idle_after: '1s', on_interrupted: 'continue' };
      fleet.writeRoster([JSON.stringify({ name: 'a', runtime, command, env, ...words })]);
      await fleet.expect(0, 'install');
    });
    afterAll(async () => {
      await fleet.dispose();
      await server.close();
    });

    const conversations = async (): Promise<Conversations> => {
      const { stdout } = await fleet.expect(0, 'agent', 'conversations', 'a', '--json');
      return JSON.parse(stdout) as Conversations;
    };
    const id = async (): Promise<string> => (await conversations()).current.id;
    const state = async (): Promise<string> =>
      (await run('systemctl', ['--user', 'is-active', 'mosaic-agent@a.service'])).stdout.trim();
    const ended = (): Promise<unknown> =>
      until('its unit has ended', async () => ['failed', 'inactive'].includes(await state()), 30_000);
    const cli = (...words: readonly string[]) => run(program, words, { env, cwd: fleet.work });
    /** The first request of a turn that holds the text. */
    const asked = (text: string): Promise<ModelRequest> =>
      until(
        `the model gets ${text}`,
        () => server.requests().find(({ main, texts }) => main && texts.join('\n').includes(text)),
        60_000,
      );
    const say = async (text: string): Promise<string> => {
      const words = ['--when-idle', '--timeout', '100s', '--message', text];
      await fleet.expect(0, 'agent', 'send', 'a', ...words);
      return (await asked(text)).texts.join('\n');
    };

    test('an import that fails ends the agent and says why; the next start takes a fresh id', async () => {
      fs.mkdirSync(path.dirname(database()), { recursive: true });
      fs.writeFileSync(database(), 'not a database\n'.repeat(1000));
      await fleet.fleet('apply');
      await ended();
      const failed = await id();
      const { stdout } = await fleet.expect(0, 'explain', 'a');
      expect(stdout).toMatch(/fleet: its new conversation could not be prepared: \S+ import \/dev\/stdin/);
      fs.rmSync(database());
      await fleet.expect(0, 'start', 'a');
      await fleet.expect(0, 'wait', '--for', 'ready', 'a', '--timeout', '100s');
      expect(await say('first word')).not.toContain('second');
      expect(await id()).not.toBe(failed);
    });

    test('it is a session like its own: of the repository, found by its lists, named by its first message', async () => {
      const { stdout } = await until('a name', async () => {
        const list = await cli('session', 'list', '--format', 'json');
        return list.stdout.includes('New session - ') ? null : list;
      });
      const sessions = JSON.parse(stdout) as readonly { readonly id: string; readonly directory: string }[];
      expect(sessions.map((one) => [one.id, one.directory])).toEqual([[await id(), fleet.work]]);
    });

    test('killed in the middle of a turn it goes on, with its history and one word to go on', async () => {
      await fleet.expect(0, 'wait', '--for', 'idle', 'a', '--timeout', '100s');
      await say('second word HANG');
      const { a: pid = 0 } = await fleet.pids();
      process.kill(pid, 'SIGKILL');
      await ended();
      expect((await fleet.expect(0, 'start', 'a')).stdout).toContain('continues its conversation');
      await fleet.expect(0, 'wait', '--for', 'ready', 'a', '--timeout', '100s');
      await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver');
      const texts = (await asked('You were interrupted in the middle of your turn')).texts.join('\n');
      for (const word of ['first word', 'second word']) expect(texts.split(word)).toHaveLength(2);
    });

    test('killed in the middle of its import it begins all the same', async () => {
      const before = await id();
      const { a: old } = await fleet.pids();
      const restarted = fleet.fleet('restart', 'a', '--fresh');
      const importing = await until('it is imported', async () => {
        const { a: pid } = await fleet.pids();
        if (pid === undefined || pid === old) return null;
        return processFacts(pid).commands.some((words) => words.includes('import')) ? pid : null;
      });
      process.kill(importing, 'SIGKILL');
      await restarted;
      await ended();
      await fleet.expect(0, 'start', 'a');
      await fleet.expect(0, 'wait', '--for', 'ready', 'a', '--timeout', '100s');
      expect(await say('third word')).not.toContain('second word');
      expect((await conversations()).former.map((one) => [one.id, one.ended])).toEqual([[before, 'fresh']]);
    });

    test('an earlier one is resumed by its id', async () => {
      const { former } = await conversations();
      await fleet.expect(0, 'wait', '--for', 'idle', 'a', '--timeout', '100s');
      await fleet.expect(0, 'agent', 'resume', 'a', former[0]?.id ?? '');
      await fleet.expect(0, 'wait', '--for', 'ready', 'a', '--timeout', '100s');
      const texts = await say('fourth word');
      expect(['first', 'second', 'third'].map((word) => texts.includes(`${word} word`))).toEqual([
        true,
        true,
        false,
      ]);
    });

    test('one that was deleted is gone: nothing is started in its place until somebody says so', async () => {
      await fleet.expect(0, 'stop', 'a');
      const gone = await id();
      expect(await cli('session', 'delete', gone)).toMatchObject({ code: 0 });
      const { stdout, stderr } = await fleet.fleet('start', 'a');
      expect(stdout + stderr).toContain(`conversation ${gone} was spoken to, and its file is gone`);
      expect(await state()).not.toBe('active');
      await fleet.expect(0, 'restart', 'a', '--fresh');
      await fleet.expect(0, 'wait', '--for', 'ready', 'a', '--timeout', '100s');
      expect(await say('fifth word')).not.toContain('first word');
    });
  });
}
