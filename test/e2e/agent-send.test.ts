import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, demoAgent, run, until, type Run } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

describe('a message to an idle agent', () => {
  test('arrives once, whole, with its preamble, and leaves an event without its content', async () => {
    await fleet.up(fleet.demo('a'));
    const { run, receipt } = await fleet.send('a', '--message', 'hello `date` $(id) "q" \'s\' ünï');
    expect(run.code).toBe(0);
    expect(receipt).toMatchObject({ agent: 'a', status: 'delivered', attempts: 1 });
    expect(fleet.said('a')).toEqual([
      'fresh',
      `[${os.hostname()}:operator -> ${os.hostname()}:a] hello \`date\` $(id) "q" 's' ünï`,
    ]);
    const events = (await fleet.expect(0, 'events', '--json')).stdout;
    expect(events).toContain(receipt.id);
    expect(events).not.toContain('hello');
    expect(await fleet.tmux('list-buffers')).toBe('');
  });

  test('of any shape: lines, tabs, escape sequences, a file, standard input, a megabyte', async () => {
    await fleet.up(fleet.demo('a'));
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index}\twith a tab`).join('\n');
    const file = path.join(fleet.directory, 'message.txt');
    fs.writeFileSync(file, `${lines}\n\n`);
    expect((await fleet.send('a', '--file', file)).receipt.status).toBe('delivered');
    const hostile = 'before\u001b[201~\r/kill\r\u0007after';
    expect((await fleet.send('a', '--message', hostile)).receipt.status).toBe('delivered');
    const large = 'x'.repeat(1024 * 1024 - 100);
    fs.writeFileSync(file, large);
    expect((await fleet.send('a', '--file', file, '--no-preamble')).receipt.status).toBe('delivered');
    // A composer that ends at a blank line would look empty.
    const below = await fleet.send('a', '--message', '\n \n\nfirst word', '--no-preamble');
    expect(below.receipt).toMatchObject({ status: 'delivered', attempts: 1 });
    // Its screen shows a message before its transcript has it.
    const messages = await until('all are on record', () => {
      const found = fleet.messages('a');
      return found.length >= 4 && found;
    });
    expect(messages.slice(0, 2)).toEqual([lines, 'before[201~\n/kill\nafter']);
    expect(messages[2]?.length).toBe(large.length);
    expect(messages[3]).toBe('first word');
  });

  // Too short for its letters to tell it: the composer has to be read with the signs that it draws for ends of lines.
  test('of two short lines, in any script', async () => {
    await fleet.up(fleet.demo('a'));
    for (const text of ['x\ny', '了解\n続けて'])
      expect(await fleet.send('a', '--no-preamble', '--message', text)).toMatchObject({
        receipt: { status: 'delivered', attempts: 1 },
      });
    expect(fleet.messages('a')).toEqual(['x\ny', '了解\n続けて']);
  });
});

describe('nothing is typed', () => {
  test('while a dialog waits: it is not approved', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.type('a', '/dialog', 'Enter');
    await until('the dialog shows', async () => (await fleet.screen('a')).includes('Do you want to proceed'));
    const { run, receipt } = await fleet.send('a', '--message', 'yes');
    expect(run.code).toBe(4);
    expect(receipt).toMatchObject({ status: 'refused', reason: 'Dialog', attempts: 0 });
    expect(receipt.message).toMatch(/look with: fleet agent attach a$/);
    expect(await fleet.screen('a')).toContain('Do you want to proceed');
    expect(fleet.said('a')).toEqual(['fresh']);
  });

  test('over a draft, unless told to clear it', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.type('a', 'half a thought');
    await until('the draft shows', async () => (await fleet.screen('a')).includes('half a thought'));
    const { receipt } = await fleet.send('a', '--message', 'x');
    expect(receipt).toMatchObject({ status: 'refused', reason: 'Draft' });
    expect(await fleet.screen('a')).toMatch(/> half a thought$/m);
    expect((await fleet.send('a', '--message', 'x', '--clear-draft')).receipt.status).toBe('delivered');
    expect(fleet.messages('a')).toEqual(['x']);
  });

  test('in copy mode, with input off, into a dead pane, or into somebody else’s', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.tmux('copy-mode', '-t', '=a:');
    expect((await fleet.send('a', '--message', 'x')).receipt).toMatchObject({ reason: 'CopyMode' });
    await fleet.tmux('send-keys', '-t', '=a:', '-X', 'cancel');
    await fleet.tmux('select-pane', '-t', '=a:', '-d');
    expect((await fleet.send('a', '--message', 'x')).receipt).toMatchObject({ reason: 'CopyMode' });
    await fleet.tmux('select-pane', '-t', '=a:', '-e');
    expect(fleet.messages('a')).toEqual([]);
    const server = await fleet.serverPid();
    await fleet.expect(0, 'stop', 'a');
    const dead = await fleet.send('a', '--message', 'x');
    expect(dead.receipt).toMatchObject({ status: 'refused', reason: 'Dead' });
    expect(dead.receipt.message).toMatch(/fleet start a; or leave it with --later$/);
    await fleet.tmux('new-session', '-d', '-s', 'a', 'cat');
    expect((await fleet.send('a', '--message', 'x')).receipt).toMatchObject({ reason: 'Foreign' });
    expect(await fleet.screen('a')).toBe('');
    expect(await fleet.serverPid()).toBe(server);
    await fleet.tmux('kill-session', '-t', '=a:');
  });
});

describe('whatever humans do to the session', () => {
  test('split, renamed, grouped: it is the agent’s own pane that gets the message', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.tmux('split-window', '-t', '=a:', 'cat');
    await fleet.tmux('new-session', '-d', '-t', '=a', '-s', 'mine');
    await fleet.tmux('rename-session', '-t', '=a', 'renamed');
    expect((await fleet.send('a', '--message', 'x')).receipt.status).toBe('delivered');
    expect(fleet.messages('a')).toEqual(['x']);
  });
});

describe('a busy agent', () => {
  test('holds the message; with --when-idle it is waited for', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.type('a', '/busy 3', 'Enter');
    await until('it works', async () => (await fleet.screen('a')).includes('working'));
    const held = await fleet.send('a', '--message', 'first');
    expect(held.receipt).toMatchObject({ status: 'queued' });
    expect(held.run.code).toBe(0);
    expect((await fleet.send('a', '--message', 'second', '--when-idle')).receipt.status).toBe('delivered');
    expect(fleet.messages('a')).toEqual(['first', 'second']);
    await fleet.type('a', '/busy 30', 'Enter');
    await until('it works', async () => (await fleet.screen('a')).includes('working'));
    const late = await fleet.send('a', '--message', 'third', '--when-idle', '--timeout', '200ms');
    expect(late.receipt).toMatchObject({ status: 'refused', reason: 'Busy' });
  });

  test('that ends before it has read what it holds gets it again, in its next life', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.type('a', '/busy 30', 'Enter');
    await until('it works', async () => (await fleet.screen('a')).includes('working'));
    for (const text of ['one', 'two'])
      expect((await fleet.send('a', '--message', text)).receipt).toMatchObject({ status: 'queued' });
    const { stdout } = await fleet.expect(0, 'agent', 'outbox', 'a');
    expect(stdout.match(/held: the agent took it/g)).toHaveLength(2);
    expect((await fleet.expect(0, 'explain', 'a')).stdout).toContain('it took 2 messages while it was busy');
    process.kill((await fleet.pids())['a'] ?? 0, 'SIGKILL');
    await until('it is down', async () => Object.keys(await fleet.pids()).length === 0);
    await fleet.expect(0, 'apply');
    await until('both', () => fleet.messages('a').length === 2);
    expect(fleet.messages('a')).toEqual(['one', 'two']);
    expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toBe('Nothing waits.\n');
  });

  test.each(['same', 'same\nand more'])(
    'that ends between two messages of the same words, the first %j, gets the one that it has not read',
    async (first) => {
      await fleet.up(fleet.demo('a'));
      const busy = async (seconds: number): Promise<void> => {
        await fleet.type('a', `/busy ${seconds}`, 'Enter');
        await until('it works', async () => (await fleet.screen('a')).includes('working'));
      };
      await busy(4);
      expect((await fleet.send('a', '--message', first)).receipt.status).toBe('queued');
      await busy(60);
      expect((await fleet.send('a', '--message', 'same')).receipt.status).toBe('queued');
      await until('the first is read', () => fleet.messages('a').length === 1, 30_000);
      await until('it works again', async () => (await fleet.screen('a')).includes('working'));
      process.kill((await fleet.pids())['a'] ?? 0, 'SIGKILL');
      await until('it is down', async () => Object.keys(await fleet.pids()).length === 0);
      await fleet.expect(0, 'apply');
      await until('the second is read', () => fleet.messages('a').length === 2);
      expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toBe('Nothing waits.\n');
      expect(fleet.messages('a')).toEqual([first, 'same']);
    },
  );

  test('that has read what it held has nothing left', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.type('a', '/busy 2', 'Enter');
    await until('it works', async () => (await fleet.screen('a')).includes('working'));
    expect((await fleet.send('a', '--message', 'one')).receipt).toMatchObject({ status: 'queued' });
    await until('it is read', () => fleet.messages('a').length === 1);
    expect((await fleet.send('a', '--message', 'two')).receipt).toMatchObject({ status: 'delivered' });
    expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toBe('Nothing waits.\n');
    expect(fleet.messages('a')).toEqual(['one', 'two']);
    expect((await fleet.expect(0, 'events', '--for', 'a')).stdout).toMatch(
      /queued[^]*delivered[^]*one|delivered/,
    );
  });

  test('whose transcript nobody finds, in a container for one, is not said to have left unread what it held', async () => {
    const words = `DEMO_AGENT_DIR=${fleet.directory}/inside ${process.execPath} ${demoAgent}; :`;
    await fleet.up(`{ name: a, runtime: demo, command: [sh, -c, "${words}"] }`);
    await until('it shows its composer', async () => /^>( |$)/m.test(await fleet.screen('a')));
    await fleet.type('a', '/busy 3', 'Enter');
    await until('it works', async () => (await fleet.screen('a')).includes('working'));
    expect((await fleet.send('a', '--message', 'one')).receipt).toMatchObject({ status: 'queued' });
    await until('it has read it', async () => (await fleet.screen('a')).includes('you said:'));
    const told = await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver');
    expect(told.stdout).toBe('Nothing waits.\n');
    expect((await fleet.expect(0, 'events', '--for', 'a')).stdout).not.toContain('unknown');
  });

  test('nor is one that is not in what its runtime has written outside of the container', async () => {
    const home = path.join(fleet.directory, 'pi-home');
    const folder = path.join(home, 'sessions', '--elsewhere--');
    fs.mkdirSync(folder, { recursive: true });
    const record = { type: 'message', message: { role: 'user', content: 'of another one' } };
    fs.writeFileSync(path.join(folder, 'earlier.jsonl'), `${JSON.stringify(record)}\n`);
    const program = path.resolve('test/support/silent-pi.cjs');
    const env = `{ PI_CODING_AGENT_DIR: ${home} }`;
    await fleet.up(
      `{ name: a, runtime: pi, command: [${process.execPath}, ${program}], resume: false, env: ${env} }`,
    );
    await until('it shows its composer', async () => (await fleet.screen('a')).includes('fake-model'));
    await fleet.type('a', 'busy 3', 'Enter');
    await until('it works', async () => (await fleet.screen('a')).includes('Working'));
    expect((await fleet.send('a', '--message', 'one')).receipt).toMatchObject({ status: 'queued' });
    await until('it has read it', async () => /read:(?![^]*Working)/.test(await fleet.screen('a')));
    const told = await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver');
    expect(told.stdout).toBe('Nothing waits.\n');
    expect((await fleet.expect(0, 'events', '--for', 'a')).stdout).not.toContain('unknown');
  });
});

test('ten senders at once to one agent: every message once and whole', async () => {
  await fleet.up(fleet.demo('a'));
  const texts = Array.from({ length: 10 }, (_, index) => `number ${index}: ${'word '.repeat(50)}end`);
  const sent = await Promise.all(texts.map((text) => fleet.send('a', '--message', text)));
  expect(sent.every(({ run }) => run.code === 0)).toBe(true);
  await until('all are taken', () => fleet.messages('a').length === 10);
  expect(fleet.messages('a').toSorted()).toEqual(texts.toSorted());
});

describe('what cannot be sent', () => {
  test('is refused with what to do', async () => {
    await fleet.up(fleet.demo('a'));
    const refused = async (code: number, text: string, ...words: string[]): Promise<void> => {
      const run = await fleet.fleet('agent', 'send', ...words);
      expect(run.stderr).toContain(text);
      expect(run.code).toBe(code);
    };
    await refused(64, 'did you mean a', 'aa', '--message', 'x');
    await refused(64, 'the message is empty', 'a', '--message', ' \n');
    await refused(64, 'the message is empty', 'a', '--message', '\u200b\u00ad \ufeff');
    await refused(64, 'not both', 'a', '--message', 'x', '--file', 'y');
    await refused(64, 'cannot read', 'a', '--file', path.join(fleet.directory, 'none'));
    await refused(64, 'one line of at most', 'a', '--message', 'x', '--source-label', 'a] [b');
    const file = path.join(fleet.directory, 'file');
    fs.writeFileSync(file, Buffer.from([0x66, 0xff, 0xfe]));
    await refused(64, 'no valid UTF-8', 'a', '--file', file);
    fs.writeFileSync(file, 'x'.repeat(1024 * 1024 + 1));
    await refused(64, 'more than 1048576 bytes', 'a', '--file', file);
    // What a shell makes of a command is read like standard input.
    const bash = ['-c', 'exec "$@" --file <(echo)', 'bash', process.execPath, cli, 'agent', 'send', 'a'];
    expect((await run('bash', bash, { env: fleet.env })).stderr).toContain('the message is empty');
    expect(fleet.messages('a')).toEqual([]);
  });
});

describe('the scripts for shells', () => {
  test('pass text on without touching it, and tell what became of it by their exit status', async () => {
    await fleet.up(fleet.demo('a'), fleet.demo('v1.2'));
    const bin = path.join(fleet.directory, 'fleet-here');
    fs.writeFileSync(bin, `#!/bin/bash\nexec ${process.execPath} ${cli} "$@"\n`, { mode: 0o755 });
    const script = (name: string, ...words: string[]): Promise<Run> =>
      run(path.join(fleet.home, 'tools', 'tmux', name), words, { env: { ...fleet.env, MOSAIC_FLEET: bin } });
    const hostile = '$(id) `id` "x" \'y\' \\ ; tail';
    expect((await script('agent-send.sh', '-s', 'a', '-m', hostile, '-S', 'ci')).code).toBe(0);
    expect(fleet.said('a').at(-1)).toBe(`[${os.hostname()}:ci -> ${os.hostname()}:a] ${hostile}`);
    expect((await script('agent-send.sh', '-s', 'a', '-m', 'x', '-L', 'elsewhere')).code).toBe(69);
    expect((await script('agent-send.sh', '-m', 'x')).code).toBe(3);
    const encoded = Buffer.from('plain ünï').toString('base64');
    expect((await script('send-message.sh', '-t', 'a', '-b', encoded)).code).toBe(0);
    expect(fleet.said('a').at(-1)).toBe('plain ünï');
    expect((await script('send-message.sh', '-t', 'nobody', '-m', 'x')).code).toBe(1);
    // By its session, which to every command is no agent.
    const scripts = { 'agent-send.sh': '-s', 'send-message.sh': '-t' };
    for (const [name, flag] of Object.entries(scripts))
      expect((await script(name, flag, 'v1_2', '-m', name)).code).toBe(0);
    for (const verb of ['send', 'assign'])
      expect((await fleet.expect(64, 'agent', verb, 'v1_2', '-m', 'x')).stderr).toContain(
        'did you mean v1.2?',
      );
    expect(fleet.said('v1.2').slice(-2)).toEqual([
      expect.stringMatching(/ agent-send.sh$/),
      'send-message.sh',
    ]);
    await fleet.type('a', 'half');
    await until('the draft shows', async () => (await fleet.screen('a')).includes('half'));
    const refused = await script('send-message.sh', '-t', 'a', '-m', 'x');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(refused.stderr)).toMatchObject({ status: 'refused', reason: 'Draft' });
  });
});
