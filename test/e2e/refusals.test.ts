import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, run, until } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

test('events of an agent that is neither in the roster nor in the log are refused', async () => {
  await fleet.up(fleet.demo('scout'), fleet.demo('old'));
  fleet.writeRoster([fleet.demo('scout')], `defaults: { working_directory: ${fleet.work} }`);
  const { stderr } = await fleet.expect(64, 'events', '--for', 'scuot');
  expect(stderr).toContain('scuot is not in the roster (did you mean scout?)');
  // Who has left it, and who asks while the roster is broken, reads on.
  expect((await fleet.expect(0, 'events', '--for', 'old')).stdout).toContain('action_complete');
  fs.writeFileSync(fleet.roster, 'version: 1\n');
  expect((await fleet.expect(0, 'events', '--for', 'scout')).stdout).toContain('action_complete');
  expect((await fleet.expect(0, 'events', '--for', 'scuot')).stdout).toBe('');
});

test('events that cannot be read are not told as none', async () => {
  await fleet.up(fleet.demo('a'));
  const log = path.join(fleet.state, 'events.jsonl');
  fs.rmSync(log);
  expect(await fleet.expect(0, 'events')).toMatchObject({ stdout: '', stderr: '' });
  fs.mkdirSync(log);
  const { stdout, stderr } = await fleet.expect(1, 'events', '--json');
  expect(stdout).toBe('');
  expect(stderr).toContain(log);
  const explained = await fleet.expect(0, 'explain', 'a');
  expect(explained.stdout).toContain(`\nWhat was decided before is not shown: ${log}`);
  expect(explained.stdout).not.toContain('Last decisions');
});

test('a --force that would replace nothing is refused, and nothing is written', async () => {
  const init = { stdout: '', stderr: '--force goes with --write\n' };
  expect(await fleet.expect(64, 'init', '--force')).toMatchObject(init);
  const exported = { stdout: '', stderr: '--force goes with --write FILE\n' };
  expect(await fleet.expect(64, 'export', '--force')).toMatchObject(exported);
});

test('a status that is asked for as JSON and as a table is refused, and never a table where JSON was asked for', async () => {
  await fleet.up(fleet.demo('a'));
  for (const words of [
    ['--json', '-o', 'wide'],
    ['-o', 'wide', '--json'],
  ]) {
    // prettier-ignore
    const { stdout, stderr } = await fleet.expect(64, 'status', ...words);
    expect([stdout, stderr]).toEqual(['', 'give -o wide or --json, not both\n']);
  }
  const both = await fleet.expect(0, 'status', '--json', '-o', 'json');
  expect(JSON.parse(both.stdout)).toMatchObject({ formatVersion: '1.0' });
});

test('of a text in damaged base64 nothing is sent', async () => {
  await fleet.up(fleet.demo('a'));
  const bin = path.join(fleet.directory, 'fleet');
  fs.writeFileSync(bin, `#!/bin/bash\nexec ${process.execPath} ${cli} "$@"\n`, { mode: 0o755 });
  const script = path.join(fleet.home, 'tools', 'tmux', 'send-message.sh');
  const send = (encoded: string) =>
    run(script, ['-t', 'a', '-b', encoded], { env: { ...fleet.env, MOSAIC_FLEET: bin } });
  const whole = Buffer.from('remove nothing but what is below /tmp/x').toString('base64');
  expect(await send(`${whole.slice(0, 20)}!${whole.slice(21)}`)).toMatchObject({ code: 3 });
  expect(fleet.messages('a')).toEqual([]);
  expect((await send(whole)).code).toBe(0);
  expect(fleet.messages('a')).toEqual(['remove nothing but what is below /tmp/x']);
});

test('who waits for something is named once beside an agent that is not in the roster', async () => {
  await fleet.up(fleet.demo('a'), fleet.demo('old'));
  fleet.writeRoster(
    [fleet.demo('a', [], ', env: { EDITED: "yes" }')],
    `defaults: { working_directory: ${fleet.work} }`,
  );
  for (const words of [
    ['approve', 'b'],
    ['apply', '--only', 'b'],
  ])
    expect((await fleet.expect(64, ...words)).stderr).toBe('b is not in the roster\nAgents: a, old\n');
});

test('a status that is watched ends where its agent is not in the roster, or leaves it', async () => {
  await fleet.up(fleet.demo('a'), fleet.demo('b'));
  const out = path.join(fleet.directory, 'watched');
  const watch = (name: string) => {
    const words = [process.execPath, cli, 'status', '-w', name];
    return run('bash', ['-c', 'exec timeout -s KILL 10 "$@" >"$0"', out, ...words], { env: fleet.env });
  };
  expect((await watch('aa')).code).toBe(64);
  const watched = watch('b');
  await until('it is shown', () => fs.readFileSync(out, 'utf8').includes('Running'));
  fleet.writeRoster([fleet.demo('a')], `defaults: { working_directory: ${fleet.work} }`);
  const { code, stderr } = await watched;
  expect([code, stderr]).toEqual([64, 'b is not in the roster\nAgents: a\n']);
});

test('what goes on ends when its reader is gone', async () => {
  await fleet.up(fleet.demo('a'));
  let over = false;
  const ends = Promise.all(
    [
      ['status', '-w'],
      ['events', '-w'],
      ['agent', 'tail', 'a', '-f'],
    ].map((words) =>
      run(
        'bash',
        [
          '-c',
          'timeout -s KILL 10 "$@" | head -1; exit "${PIPESTATUS[0]}"',
          '',
          process.execPath,
          cli,
          ...words,
        ],
        { env: fleet.env },
      ),
    ),
  ).finally(() => (over = true));
  // Something to tell of, until nobody is told any more.
  await until('all have ended', async () => {
    await fleet.expect(0, 'hold', 'a');
    await fleet.send('a', '--message', String(Math.random()));
    await fleet.expect(0, 'release', 'a');
    return over;
  });
  expect((await ends).map(({ code }) => code)).toEqual([0, 0, 0]);
});
