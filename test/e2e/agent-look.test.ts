import * as fs from 'node:fs';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, run, until } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
const followers: ChildProcessWithoutNullStreams[] = [];
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(async () => {
  for (const follower of followers.splice(0)) follower.kill('SIGKILL');
  await fleet.dispose();
});

/** A `tail -f` that runs on. */
function follow(name: string) {
  const child = spawn(process.execPath, [cli, 'agent', 'tail', name, '-n', '20', '-f'], {
    env: { ...process.env, ...fleet.env },
  });
  followers.push(child);
  const told = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (told.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (told.err += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, told, ended };
}
const times = (text: string, word: string): number => text.split(word).length - 1;

test('tail -f prints what comes, once, and ends with the agent, or by Ctrl-C', async () => {
  await fleet.up(fleet.demo('a', ['--say', 'good morning']));
  const watched = follow('a');
  const quitted = follow('a');
  for (const { told } of [watched, quitted])
    await until('what is there', () => told.out.includes('good morning'), 30_000);
  await fleet.send('a', '--no-preamble', '--message', 'a word of today');
  for (const { told } of [watched, quitted])
    await until('what has come', () => told.out.includes('› a word of today'), 30_000);
  quitted.child.kill('SIGINT');
  expect(await quitted.ended).toBe(0);
  await fleet.send('a', '--no-preamble', '--message', 'another one');
  await until('what has come', () => watched.told.out.includes('› another one'), 30_000);
  for (const word of ['good morning', '› a word of today', '› another one'])
    expect(times(watched.told.out, word), word).toBe(1);
  expect(quitted.told.out).not.toContain('another one');
  await fleet.expect(0, 'stop', 'a');
  expect(await watched.ended).toBe(4);
  expect(watched.told.err).toContain('a is gone');
});

test('tail -f does not go on with another agent that has its ids, after a server’s death', async () => {
  await fleet.up(fleet.demo('a', ['--say', 'I am a']), fleet.demo('b', ['--say', 'I am b']));
  const format = '#{session_id}:#{window_id}.#{pane_id}';
  const place = (name: string) => fleet.tmux('list-panes', '-t', `=${name}:`, '-F', format);
  const first = (await place('a')).startsWith('$1:') ? 'a' : 'b';
  const other = first === 'a' ? 'b' : 'a';
  const before = await place(first);
  const followed = follow(first);
  await until('what is there', () => followed.told.out.includes(`I am ${first}`), 30_000);
  followed.child.kill('SIGSTOP');
  process.kill(await fleet.serverPid(), 'SIGKILL');
  await until('the holder is back', async () => (await fleet.tmux('list-sessions')).includes('_holder'));
  await fleet.expect(0, 'apply', '--only', other);
  expect(await place(other)).toBe(before);
  followed.child.kill('SIGCONT');
  expect(await followed.ended).toBe(4);
  expect(followed.told.out).not.toContain(`I am ${other}`);
});

test('the roster and the status that other agents read', async () => {
  const absent = '{ name: a.b, runtime: codex, class: reviewer, persistent_persona: Ada, suspend: true }';
  await fleet.up(absent, fleet.demo('c'));
  const { stdout: list } = await fleet.expect(0, 'agent', 'roster', '--json');
  expect(JSON.parse(list)).toEqual({
    formatVersion: '1.0',
    socket: fleet.socket,
    agents: [
      { name: 'a.b', runtime: 'codex', class: 'reviewer', session: 'a_b', persona: 'Ada' },
      { name: 'c', runtime: 'demo', class: 'worker', session: 'c', persona: null },
    ],
  });
  await fleet.expect(0, 'stop', 'c');
  const status = async (...names: readonly string[]): Promise<unknown> =>
    JSON.parse((await fleet.expect(0, 'agent', 'status', ...names, '--json')).stdout);
  expect(await status()).toMatchObject({
    formatVersion: '1.0',
    agents: [
      { name: 'a.b', runtime: 'codex', class: 'reviewer', desired: 'stopped', phase: 'Suspended' },
      { name: 'c', runtime: 'demo', desired: 'running', phase: 'Held', activity: null, pid: null },
    ],
  });
  expect(await status('c')).toMatchObject({ agents: [{ name: 'c' }] });
  for (const command of ['status', 'tail', 'attach'])
    expect((await fleet.expect(64, 'agent', command, 'ab')).stderr).toMatch(/ab is not in the roster/);
});

test.each([
  ['broken', 'agents: [', 'Flow sequence'],
  ['gone', null, 'no roster to read'],
])('while the roster is %s, agents are looked at and talked to; nothing is changed', async (_, text, why) => {
  await fleet.up(fleet.demo('a', ['--say', 'good morning']));
  if (text === null) fs.rmSync(fleet.roster);
  else fs.writeFileSync(fleet.roster, text);
  const status = await fleet.expect(78, 'status');
  expect(status.stdout).toContain(
    'The roster is refused; this is the fleet by the one that was applied last:',
  );
  expect(status.stdout).toContain(why);
  expect(status.stderr).toContain(why);
  expect(status.stdout).toMatch(/^a +demo +worker +Running/m);
  const explained = await fleet.expect(78, 'explain', 'a');
  expect(explained.stdout).toContain('a is Running');
  expect(explained.stderr).toContain(why);
  // Who is not in that one may well stand in the file.
  for (const words of [
    ['status', 'b'],
    ['agent', 'status', 'b', '--json'],
    ['explain', 'b'],
  ])
    expect((await fleet.expect(64, ...words)).stderr).toContain(why);
  const sent = await fleet.expect(0, 'agent', 'send', 'a', '--no-preamble', '-m', 'what now?');
  expect(sent.stderr).toContain('going by the roster that was applied last');
  await until('it is there', async () =>
    (await fleet.expect(0, 'agent', 'tail', 'a')).stdout.includes('› what now?'),
  );
  expect((await fleet.expect(0, 'agent', 'roster')).stdout).toContain('a  demo  worker');
  const pids = await fleet.pids();
  for (const words of [['plan'], ['apply'], ['restart'], ['agent', 'reset', 'a']])
    await fleet.expect(78, ...words);
  expect((await fleet.expect(78, 'stop', 'a')).stderr).toContain(
    'To stop a without a roster: systemctl --user stop mosaic-agent@a.service',
  );
  expect(await fleet.pids()).toEqual(pids);
});

test('attach on a terminal that tmux cannot use says what helps', async () => {
  await fleet.up(fleet.demo('a'));
  const attach = `${process.execPath} ${cli} agent attach a`;
  const { code, stdout } = await run('script', ['-qec', attach, '/dev/null'], {
    env: { ...fleet.env, TERM: 'dumb' },
  });
  expect([code, stdout]).toEqual([
    1,
    expect.stringContaining(
      'TERM is dumb; if tmux cannot use that: TERM=xterm-256color fleet agent attach a',
    ),
  ]);
});
