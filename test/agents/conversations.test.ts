import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FleetSandbox, run, until } from '../support/fleet-sandbox.js';
import { startModelServer, type ModelServer } from '../support/model-server.js';
import { missing, prepareAgent, wanted } from '../support/real-agents.js';

for (const runtime of wanted()) {
  describe.skipIf(missing().includes(runtime))(`${runtime}: two agents in one directory and one home`, () => {
    let fleet: FleetSandbox;
    let server: ModelServer;
    const history: Record<string, string[]> = { a: [], b: [] };
    let count = 0;

    beforeAll(async () => {
      fleet = new FleetSandbox();
      server = await startModelServer();
      const place = { work: fleet.work, home: path.join(fleet.directory, 'home'), port: server.port };
      const { command, env } = prepareAgent(runtime, place);
      fleet.writeRoster(
        ['a', 'b'].map((name) =>
          JSON.stringify({ name, runtime, command: [...command, '{conversation}'], env, idle_after: '1s' }),
        ),
      );
      await fleet.expect(0, 'install');
      await fleet.expect(0, 'apply', '--wait');
    });
    afterAll(async () => {
      await fleet.dispose();
      await server.close();
    });

    /** Says something to an agent, and expects the model to get all that was said to it, and nothing that was to the other. */
    const say = async (name: string): Promise<void> => {
      const text = `${name}${(count += 1)}word`;
      const sent = await fleet.fleet(
        'agent',
        'send',
        name,
        '--when-idle',
        '--timeout',
        '60s',
        '--message',
        text,
      );
      expect(
        sent.code,
        `${sent.stdout}${sent.stderr}${await fleet.tmux('capture-pane', '-p', '-t', `=${name}:`)}`,
      ).toBe(0);
      history[name]?.push(text);
      const request = await until(
        `the model gets ${text}`,
        () => server.requests().find(({ main, texts }) => main && texts.join('\n').includes(text)),
        90_000,
      );
      const all = request.texts.join('\n');
      for (const [who, words] of Object.entries(history))
        for (const word of words)
          expect(all.includes(word), `${word} in ${name}'s request`).toBe(who === name);
    };
    const ended = (): Promise<unknown> =>
      until(
        'the units have ended',
        async () => {
          const { stdout } = await run('systemctl', [
            '--user',
            'is-active',
            'mosaic-agent@a.service',
            'mosaic-agent@b.service',
          ]);
          return (
            !stdout.includes('active\n') ||
            stdout
              .trim()
              .split('\n')
              .every((one) => one === 'failed' || one === 'inactive')
          );
        },
        30_000,
      );

    const ways: Readonly<Record<string, () => Promise<void>>> = {
      nothing: () => Promise.resolve(),
      SIGKILL: async () => {
        for (const pid of Object.values(await fleet.pids())) process.kill(pid, 'SIGKILL');
        await ended();
        await fleet.expect(0, 'start');
      },
      'killed sessions': async () => {
        for (const name of ['b', 'a']) await fleet.tmux('kill-session', '-t', `=${name}:`);
        await ended();
        await fleet.expect(0, 'start');
      },
      'fleet restart': async () => {
        const { stdout } = await fleet.expect(0, 'restart');
        expect(stdout).toContain('keeps the conversation');
      },
      'units restarted by hand': async () => {
        await run('systemctl', ['--user', 'restart', 'mosaic-agent@b.service', 'mosaic-agent@a.service']);
      },
    };
    for (const [way, happen] of Object.entries(ways)) {
      test(`after ${way} each has its own history`, async () => {
        // pi writes nothing down before its first turn is over.
        if (way !== 'nothing') await fleet.expect(0, 'wait', '--for', 'idle', '--timeout', '60s');
        await happen();
        await say('b');
        await say('a');
      });
    }
  });
}
