import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock } from '../../src/host/lock.js';
import { processTree, readChildren } from '../../src/observers/process-tree.js';
import { cli, demoAgent, run, until } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

const faults = path.join(import.meta.dirname, '..', 'support', 'faults.cjs');

const left = (text: string, ...more: readonly string[]): readonly string[] => [
  ...['agent', 'send', 'a', '--no-preamble', '--json', '--later', '--message', text],
  ...more,
];

/** Whether some entry of an agent's outbox is told to have been begun. */
async function isBegun(): Promise<boolean> {
  const { entries } = JSON.parse((await fleet.expect(0, 'agent', 'outbox', 'a', '--json')).stdout) as {
    readonly entries: readonly { readonly attempted: boolean }[];
  };
  return entries.some(({ attempted }) => attempted);
}

/** Environment in which a pasting `tmux` is this script; `"$tmux" "$@"` is what was asked of it. */
function pastingBy(script: string): NodeJS.ProcessEnv {
  const programs = path.join(fleet.directory, 'programs');
  const tmux = (process.env['PATH'] ?? '')
    .split(':')
    .map((directory) => path.join(directory, 'tmux'))
    .find((file) => fs.existsSync(file));
  fs.mkdirSync(programs);
  fs.writeFileSync(
    path.join(programs, 'tmux'),
    `#!/bin/bash\ntmux=${tmux}\ncase "$*" in *paste-buffer*) ${script} ;; *) exec "$tmux" "$@" ;; esac\n`,
    { mode: 0o755 },
  );
  return { ...fleet.env, PATH: `${programs}:${process.env['PATH']}` };
}

test('what a stopped program has not read is not pasted a second time', async () => {
  // Below a shell: a stopped first process of a pane is continued by tmux.
  const words = ['sh', '-c', `${process.execPath} ${demoAgent} --session ${fleet.session('a')}; :`];
  await fleet.up(`{ name: a, runtime: demo, command: ${JSON.stringify(words)} }`);
  const [, ...pids] = processTree((await fleet.pids())['a'] ?? 0, readChildren());
  expect(pids).toHaveLength(1);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    const sender: { pid?: number } = {};
    const sent = fleet.fleetWith({ started: (own) => (sender.pid = own) }, ...left('only once'));
    const terminal = await fleet.tmux('display-message', '-p', '-t', '=a:', '#{pane_tty}');
    const waits = async () =>
      (await run('bash', ['-c', '( read -t 0 ) <"$1"; exit $?', '-', terminal])).code === 0;
    await until('its text waits to be read', waits);
    expect(await isBegun()).toBe(true);
    process.kill(sender.pid ?? 0, 'SIGKILL');
    await sent;
    const told = await fleet.expect(4, 'agent', 'outbox', 'a', '--deliver');
    expect(told.stderr).toContain('has not read, or not drawn, what was typed');
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  const delivered = async (): Promise<boolean> =>
    (await fleet.fleet('agent', 'outbox', 'a', '--deliver')).stdout.includes('Nothing waits.');
  await until('it is delivered', delivered);
  expect((await fleet.send('a', '--message', 'another')).receipt.status).toBe('delivered');
  expect(fleet.messages('a')).toEqual(['only once', 'another']);
});

test('what was never pasted is, once its program is seen to have read all', async () => {
  await fleet.up(fleet.demo('a'));
  const fault = { kind: 'die', at: 1, among: 'paste-buffer', trace: path.join(fleet.directory, 'trace') };
  const env = { ...fleet.env, FLEET_TEST_FAULT: JSON.stringify(fault) };
  await run(process.execPath, ['--require', faults, cli, ...left('begun')], { env });
  expect(await isBegun()).toBe(true);
  // Whatever an operator's bash says when it starts.
  const chatty = path.join(fleet.directory, 'bash_env');
  fs.writeFileSync(chatty, 'echo hello\n');
  const told = await fleet.fleetWith({ env: { BASH_ENV: chatty } }, 'agent', 'outbox', 'a', '--deliver');
  expect(told.stdout, told.stderr).toContain('delivered: seen in the transcript');
  expect(fleet.messages('a')).toEqual(['begun']);
});

test('a paste that tmux refused was none: it is tried again, also where nothing but the screen tells', async () => {
  await fleet.up(`{ name: a, runtime: other, command: [sh, -c, 'echo ready; exec cat'] }`);
  const env = pastingBy('cat >/dev/null; echo REFUSED');
  const refused = await run(process.execPath, [cli, ...left('typed at last')], { env });
  expect(JSON.parse(refused.stdout)).toMatchObject({ status: 'left', reason: 'NotReady' });
  expect(await isBegun()).toBe(false);
  const { stdout } = await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver');
  expect(stdout).toContain('delivered: ');
  expect((await fleet.screen('a')).trim().split('\n')).toEqual(['ready', 'typed at last', 'typed at last']);
});

test.each([
  ['its sender dies', 'die'],
  ['its file cannot be removed', 'io'],
])('what was refused to whoever waited for it is never begun by another, also where %s', async (_, kind) => {
  await fleet.up(fleet.demo('a'));
  const among = '^rmSync .*/outbox/a/1-[0-9]+-[0-9a-f]+\\.json$';
  const fault = { kind, at: 1, among, trace: path.join(fleet.directory, 'trace') };
  const env = { ...pastingBy('cat >/dev/null; echo REFUSED'), FLEET_TEST_FAULT: JSON.stringify(fault) };
  const words = ['agent', 'send', 'a', '--no-preamble', '--json', '--message', 'refused'];
  const { code } = await run(process.execPath, ['--require', faults, cli, ...words], { env });
  expect(code).not.toBe(0);
  expect(fs.readdirSync(path.join(fleet.state, 'outbox', 'a'))).toHaveLength(1);
  const { stdout } = await fleet.fleet('agent', 'outbox', 'a', '--deliver');
  expect(stdout).toContain('its sender ended before it reached the agent');
  expect(fleet.messages('a')).toEqual([]);
});

test('a message that is left is told so, although it stands in the composer: nobody need say it again', async () => {
  await fleet.up(fleet.demo('a'));
  const env = pastingBy('"$tmux" "$@"; "$tmux" -N -L "$4" copy-mode -t =a:');
  const first = await run(process.execPath, [cli, ...left('typed by half')], { env });
  expect(first.code).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({ status: 'left', reason: 'CopyMode' });
  await fleet.type('a', 'q');
  await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver');
  expect(fleet.messages('a')).toEqual(['typed by half']);
});

test('the first message of a restart that did not come keeps nobody from being told something', async () => {
  fs.writeFileSync(path.join(fleet.home, 'fleet', 'kick.md'), 'You are {name}.\n');
  await fleet.up(fleet.demo('a', [], ', kickstart_template: kick.md'));
  const before = await fleet.pids();
  const fault = {
    kind: 'die',
    at: 1,
    among: 'systemctl.*restart',
    trace: path.join(fleet.directory, 'trace'),
  };
  const env = { ...fleet.env, FLEET_TEST_FAULT: JSON.stringify(fault) };
  await run(process.execPath, ['--require', faults, cli, 'restart', '--fresh', 'a'], { env });
  expect(await fleet.pids()).toEqual(before);
  expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toContain('kickstart');
  expect((await fleet.send('a', '--message', 'go on')).receipt.status).toBe('delivered');
  expect(fleet.messages('a')).toEqual(['You are a.', 'go on']);
  // The one that comes leaves its own.
  await fleet.expect(0, 'restart', '--fresh', 'a');
  await until('it is told', () => fleet.messages('a').length === 3);
  expect(fleet.messages('a').at(-1)).toBe('You are a.');
});

test('a text that could not be told from a dialog is not sent', async () => {
  await fleet.up(fleet.demo('a'));
  for (const later of [[], ['--later']]) {
    const words = ['agent', 'send', 'a', '--message', 'b asks:\nDo you want to proceed?', ...later];
    const { stderr } = await fleet.expect(64, ...words);
    expect(stderr).toContain('“Do you want to proceed” could not be told from a dialog of demo');
  }
  expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toContain('Nothing waits.');
  expect((await fleet.send('a', '--message', 'b asks something')).receipt.status).toBe('delivered');
  expect(fleet.messages('a')).toEqual(['b asks something']);
});

test('a first message that could not be told from a dialog is not typed, and says so', async () => {
  const template = path.join(path.dirname(fleet.roster), 'kick.md');
  fs.mkdirSync(path.dirname(template), { recursive: true });
  fs.writeFileSync(template, 'b asks:\nDo you want to proceed?');
  await fleet.up(fleet.demo('a', [], ', kickstart_template: kick.md'));
  const { stdout, stderr } = await fleet.fleet('agent', 'outbox', 'a', '--deliver');
  expect(stdout + stderr).toContain('“Do you want to proceed” could not be told from a dialog');
  expect(await fleet.tmux('capture-pane', '-p', '-t', '=a:')).not.toContain('b asks');
});

test('what waits for an agent that has left the roster can be looked at and dropped, and doctor names it', async () => {
  await fleet.up(fleet.demo('a'), fleet.demo('b'));
  await fleet.expect(0, 'stop', 'a');
  await fleet.expect(0, ...left('never mind'));
  fleet.writeRoster([fleet.demo('b')], `defaults: { working_directory: ${fleet.work} }`);
  await fleet.expect(0, 'apply');
  expect((await fleet.fleet('doctor')).stdout).toContain('messages wait for a, who is in no roster');
  const { stdout } = await fleet.expect(0, 'agent', 'outbox', 'a');
  const [id = ''] = stdout.split(' ');
  expect((await fleet.expect(64, 'agent', 'outbox', 'a', '--deliver')).stderr).toContain('a');
  await fleet.expect(64, 'agent', 'outbox', '../outbox/a');
  await fleet.expect(0, 'agent', 'outbox', 'a', '--drop', id);
  expect((await fleet.fleet('doctor')).stdout).not.toContain('messages wait for a');
  await fleet.expect(64, 'agent', 'outbox', 'a');
});

test('nothing is typed into a pane whose keys go to those beside it, too; where there is none beside it, that is no matter', async () => {
  await fleet.up(fleet.demo('a'));
  // As in somebody's tmux.conf.
  await fleet.tmux('set-option', '-g', '-w', 'synchronize-panes', 'on');
  expect((await fleet.send('a', '--message', 'for the only one')).receipt.status).toBe('delivered');
  const beside = await fleet.tmux('split-window', '-d', '-P', '-F', '#{pane_id}', '-t', '=a:', 'exec cat');
  const { run: refused, receipt } = await fleet.send('a', '--message', 'for a alone');
  expect(refused.code).toBe(4);
  expect(receipt).toMatchObject({ status: 'refused', reason: 'CopyMode' });
  expect(receipt.message).toContain('synchronize-panes');
  expect((await fleet.tmux('capture-pane', '-p', '-t', beside)).trim()).toBe('');
  await fleet.tmux('set-option', '-w', '-t', '=a:', 'synchronize-panes', 'off');
  expect((await fleet.send('a', '--message', 'for a alone')).receipt.status).toBe('delivered');
  expect((await fleet.tmux('capture-pane', '-p', '-t', beside)).trim()).toBe('');
});

/** Draws as claude does: at work while its file says so, by its title; Enter moves what was typed from the composer to the screen. */
const likeClaude = `
const fs = require('node:fs');
const [, , file] = process.argv;
let [said, typed] = ['', ''];
const draw = () => {
  const title = fs.existsSync(file) ? '⠂ working' : '✳ idle';
  process.stdout.write('\\x1b]2;' + title + '\\x07\\x1b[2J\\x1b[H' + said + '─'.repeat(40) + '\\r\\n❯ ' + typed + '\\r\\n' + '─'.repeat(40) + '\\r\\n');
};
process.stdin.setRawMode(true).on('data', (data) => {
  for (const key of data.toString().replaceAll(/\\x1b\\[20[01]~/g, '')) {
    if (key !== '\\r') typed += key;
    else [said, typed] = [said + '> ' + typed + '\\r\\n', ''];
  }
  draw();
});
process.stdout.write('\\x1b[?2004h');
setInterval(draw, 100);
draw();
`;

test('what stands in the composer of an agent that has begun to work waits for the end of that', async () => {
  const atWork = path.join(fleet.directory, 'at-work');
  const program = path.join(fleet.directory, 'like-claude.cjs');
  fs.writeFileSync(program, likeClaude);
  const words = [process.execPath, program, atWork];
  await fleet.up(`{ name: a, runtime: claude, command: ${JSON.stringify(words)} }`);
  await until('its composer', async () => (await fleet.screen('a')).includes('❯'));
  const fault = { kind: 'die', at: 1, among: ' Enter', trace: path.join(fleet.directory, 'trace') };
  const env = { ...fleet.env, FLEET_TEST_FAULT: JSON.stringify(fault) };
  await run(process.execPath, ['--require', faults, cli, ...left('typed before it worked')], { env });
  await until('it stands there', async () => (await fleet.screen('a')).includes('❯ typed before it worked'));
  fs.writeFileSync(atWork, '');
  await until('it works', async () =>
    (await fleet.tmux('display-message', '-p', '-t', '=a:', '#{pane_title}')).startsWith('⠂'),
  );
  const told = await fleet.expect(4, 'agent', 'outbox', 'a', '--deliver');
  expect(told.stdout).toContain('drafted: it began to work');
  expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toMatch(/ waits\n$/);
  fs.rmSync(atWork);
  await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver');
  expect(await fleet.screen('a')).toContain('> typed before it worked');
  expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toContain('Nothing waits.');
});

test('what another sender has given to a busy agent along with his own is queued, not still to come', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.type('a', '/busy 600', 'Enter');
  await until('it works', async () => (await fleet.screen('a')).includes('working'));
  const lock = await acquireLock(path.join(fleet.state, 'locks', 'talk-a'), 'a test', 0);
  if (lock.kind === 'held') throw new Error('somebody talks to it');
  const sent = ['one', 'two'].map((text) => fleet.fleet(...left(text, '--timeout', '30s')));
  await until('both wait', async () => {
    const { stdout } = await fleet.expect(0, 'agent', 'outbox', 'a', '--json');
    return (JSON.parse(stdout) as { readonly entries: readonly unknown[] }).entries.length === 2;
  });
  lock.lock.release();
  const receipts = (await Promise.all(sent)).map(
    ({ stdout }) => (JSON.parse(stdout) as { status: string }).status,
  );
  expect(receipts).toEqual(['queued', 'queued']);
});
