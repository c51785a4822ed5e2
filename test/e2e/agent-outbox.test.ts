import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, demoAgent, run, until } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

/** A command in which one thing goes wrong, at its first such place. */
function faulted(kind: string, among: string, ...words: readonly string[]) {
  const fault = { kind, at: 1, among, trace: path.join(fleet.directory, 'trace') };
  const faults = path.join(import.meta.dirname, '..', 'support', 'faults.cjs');
  const env = { ...fleet.env, FLEET_TEST_FAULT: JSON.stringify(fault) };
  return run(process.execPath, ['--require', faults, cli, ...words], { env });
}

describe('a message that is left', () => {
  test('stays left, and is told so, where nobody can be kept from typing meanwhile', async () => {
    await fleet.up(fleet.demo('a'));
    const words = ['agent', 'send', 'a', '--no-preamble', '--json', '--message', 'first', '--later'];
    const { code, stdout } = await faulted('denied', 'locks/talk-a', ...words);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'left', reason: 'NotReady', attempts: 0 });
    expect(stdout).toContain('cannot take the lock');
    const delivered = await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver');
    expect(delivered.stdout).toMatch(/^[0-9a-f]+ {2}delivered: seen in the transcript\nNothing waits\.\n$/);
    const events = await fleet.expect(0, 'events', '--for', 'a', '-n', '2');
    expect(events.stdout).toMatch(/^.* left, .*\n.* delivered, .*\n$/);
    expect((await fleet.expect(64, 'events', '-n', '0')).stderr).toContain('Expected a number from 1');
    expect(fleet.messages('a')).toEqual(['first']);
  });

  test('and of which it cannot be said that it will survive is not left at all', async () => {
    await fleet.up(fleet.demo('a'));
    const { code, stderr } = await faulted('io', '^fsyncSync', 'agent', 'send', 'a', '--message', 'first', '--later'); // prettier-ignore
    expect(code).toBe(1);
    expect(stderr).toContain('the message could not be left');
    expect((await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver')).stdout).toContain('Nothing waits.');
    expect(fleet.messages('a')).toEqual([]);
  });

  test('is told as delivered, although the lock cannot be given back', async () => {
    await fleet.up(fleet.demo('a'));
    const words = ['agent', 'send', 'a', '--no-preamble', '--json', '--message', 'first'];
    const { code, stdout } = await faulted('io', '^truncateSync .*talk-a', ...words);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'delivered' });
    expect(fleet.messages('a')).toEqual(['first']);
  });

  test('for an agent that is down is delivered once it runs, in order, before what is sent then', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.expect(0, 'stop', 'a');
    for (const text of ['first', 'second']) {
      const { run, receipt } = await fleet.send('a', '--later', '--message', text);
      expect(run.code).toBe(0);
      expect(receipt).toMatchObject({ status: 'left', reason: 'Dead' });
    }
    const list = await fleet.expect(0, 'agent', 'outbox', 'a');
    expect(list.stdout.trim().split('\n').length).toBe(2);
    expect(list.stdout).not.toContain('first');
    await fleet.expect(0, 'start', 'a');
    expect((await fleet.send('a', '--message', 'third')).receipt.status).toBe('delivered');
    expect(fleet.messages('a')).toEqual(['first', 'second', 'third']);
    expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toContain('Nothing waits.');
  });

  test('for an agent at work waits for the end of its turn, and what is sent then comes after it', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.type('a', '/busy 12', 'Enter');
    await until('it works', async () => (await fleet.screen('a')).includes('working'));
    const { run, receipt } = await fleet.send('a', '--later', '--when-idle', '--message', 'first');
    expect(run.code).toBe(0);
    expect(receipt).toMatchObject({ status: 'left', reason: 'Busy', attempts: 0 });
    expect(receipt.message).toMatch(
      /^it is still busy; no controller runs .* fleet agent outbox a --deliver$/,
    );
    const second = await fleet.send('a', '--when-idle', '--timeout', '200ms', '--message', 'second');
    expect(second.receipt).toMatchObject({ status: 'refused', reason: 'Busy' });
    expect(second.receipt.message).toMatch(
      /^an earlier message waits.*; try again, or leave it with --later$/,
    );
    expect(await fleet.screen('a')).not.toMatch(/first|second/);
    const third = await fleet.send('a', '--when-idle', '--timeout', '60s', '--message', 'third');
    expect(third.receipt.status).toBe('delivered');
    expect(fleet.messages('a')).toEqual(['first', 'third']);
  });

  test('while tmux hangs stays left, and says so: nobody need say it again', async () => {
    await fleet.up(fleet.demo('a'));
    const server = await fleet.serverPid();
    process.kill(server, 'SIGSTOP');
    try {
      const later = await fleet.send('a', '--later', '--message', 'first');
      expect(later.run.code).toBe(0);
      expect(later.receipt).toMatchObject({ status: 'left', reason: 'NotReady', attempts: 0 });
      expect(later.receipt.message).toContain('tmux did not answer');
      const now = await fleet.expect(69, 'agent', 'send', 'a', '--message', 'never');
      expect(now.stderr).toContain('nothing was typed: tmux did not answer');
      const tail = await fleet.expect(69, 'agent', 'tail', 'a');
      expect(tail.stderr).toMatch(/^tmux did not answer/);
    } finally {
      process.kill(server, 'SIGCONT');
    }
    await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver');
    expect((await fleet.send('a', '--message', 'second')).receipt.status).toBe('delivered');
    expect(fleet.messages('a')).toEqual(['first', 'second']);
  });

  test('can be dropped; an unknown id is refused', async () => {
    await fleet.up(fleet.demo('a'));
    await fleet.expect(0, 'stop', 'a');
    const { receipt } = await fleet.send('a', '--later', '--message', 'never mind');
    expect((await fleet.expect(64, 'agent', 'outbox', 'a', '--drop', 'x')).stderr).toContain('no message x');
    const both = await fleet.expect(64, 'agent', 'outbox', 'a', '--drop', receipt.id, '--deliver');
    expect(both.stderr).toContain('give --drop or --deliver, not both');
    expect((await fleet.expect(0, 'agent', 'outbox', 'a', '--drop', receipt.id)).stdout).toBe(
      `${receipt.id} was dropped.\n`,
    );
    await fleet.expect(0, 'start', 'a');
    expect((await fleet.send('a', '--message', 'x')).receipt.status).toBe('delivered');
    expect(fleet.messages('a')).toEqual(['x']);
  });
});

test('a sender killed at any moment: no message arrives twice, and no draft stays', async () => {
  await fleet.up(fleet.demo('a'));
  const alone = await fleet.send('a', '--message', 'how long does one take');
  const step = Math.max(20, alone.receipt.elapsedMs / 6);
  const texts: string[] = [];
  for (let index = 0; index < 14; index += 1) {
    const text = `message ${index} of a sender that dies`;
    texts.push(text);
    const words = ['agent', 'send', 'a', '--message', text, ...(index % 2 === 0 ? ['--later'] : [])];
    await fleet.fleetWith(
      { started: (pid) => setTimeout(() => kill(pid), 60 + index * step).unref() },
      ...words,
    );
  }
  const settled = async (): Promise<boolean> => {
    await fleet.fleet('agent', 'outbox', 'a', '--deliver');
    return (await fleet.fleet('agent', 'outbox', 'a')).stdout.includes('Nothing waits.');
  };
  await until('the outbox is empty', settled, 30_000);
  expect((await fleet.send('a', '--message', 'last')).receipt.status).toBe('delivered');
  const messages = fleet.messages('a').slice(1, -1);
  expect(new Set(messages).size).toBe(messages.length);
  expect(messages.every((text) => texts.includes(text))).toBe(true);
});

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
};

describe('a first message', () => {
  test('comes first, in every fresh conversation, and a slot gets its task after it', async () => {
    fs.writeFileSync(path.join(fleet.home, 'fleet', 'kick.md'), 'You are {name}.\nBegin.\n');
    await fleet.up(fleet.demo('a', [], ', kickstart_template: kick.md, reset_between_tasks: true'));
    expect(fleet.said('a')).toEqual(['fresh', 'You are a.\nBegin.']);
    const assigned = await fleet.expect(0, 'agent', 'assign', 'a', '--message', 'do it');
    expect(assigned.stdout).toContain('a has a fresh conversation.');
    expect(fleet.said('a').slice(2, 4)).toEqual(['fresh', 'You are a.\nBegin.']);
    expect(fleet.messages('a').at(-1)).toBe('do it');
    const before = await fleet.pids();
    await fleet.expect(0, 'agent', 'reset', 'a');
    expect(await fleet.pids()).toEqual(before);
    await fleet.expect(0, 'restart', 'a');
    expect(fleet.messages('a').filter((text) => text.startsWith('You are'))).toHaveLength(4);
  });

  test('that a killed apply has left is delivered by the next one, once, although there is nothing else to do', async () => {
    fs.writeFileSync(path.join(fleet.home, 'fleet', 'kick.md'), 'You are {name}.\n');
    fleet.writeRoster([fleet.demo('a', [], ', kickstart_template: kick.md')]);
    await fleet.expect(0, 'install');
    // Everything is done but that.
    const fault = { kind: 'die', at: 1, among: 'locks/talk-a', trace: path.join(fleet.directory, 'trace') };
    const faults = path.join(import.meta.dirname, '..', 'support', 'faults.cjs');
    const env = { ...fleet.env, FLEET_TEST_FAULT: JSON.stringify(fault) };
    await run(process.execPath, ['--require', faults, cli, 'apply'], { env });
    expect(fleet.messages('a')).toEqual([]);
    const next = await fleet.expect(0, 'apply');
    expect(next.stdout).toContain('No changes.');
    expect(fleet.messages('a')).toEqual(['You are a.']);
    await fleet.expect(0, 'apply');
    expect(fleet.messages('a')).toEqual(['You are a.']);
  });
});

describe('a reset', () => {
  test('clears what fleet itself was saying when it was killed, and a human’s draft at his word', async () => {
    await fleet.up(fleet.demo('a', [], ', reset_between_tasks: true'));
    const before = await fleet.pids();
    await faulted(
      'die',
      ' Enter',
      'agent',
      'send',
      'a',
      '--no-preamble',
      '--message',
      'cut short',
      '--later',
    );
    await until('it stands there', async () => (await fleet.screen('a')).includes('> cut short'));
    await fleet.expect(0, 'agent', 'reset', 'a');
    await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver');
    expect(fleet.messages('a')).toEqual(['cut short']);
    await fleet.type('a', 'half');
    await until('the draft shows', async () => (await fleet.screen('a')).includes('> half'));
    const task = ['agent', 'assign', 'a', '--no-preamble', '--message', 'a task'];
    expect((await fleet.expect(4, ...task)).stderr).toContain('a draft stands');
    const explained = async (): Promise<string> => (await fleet.expect(0, 'explain', 'a')).stdout;
    expect(await explained()).not.toContain('nothing is typed before');
    await fleet.expect(0, 'agent', 'send', 'a', '--later', '--message', 'left');
    expect(await explained()).toContain('a draft stands in its composer, and nothing is typed before that');
    await fleet.tmux('copy-mode', '-t', '=a:');
    expect(await explained()).toContain('somebody is in copy mode there, and nothing is typed');
    await fleet.tmux('send-keys', '-t', '=a:', '-X', 'cancel');
    const id = /^([0-9a-f]+) /.exec((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout)?.[1] ?? '';
    await fleet.expect(0, 'agent', 'outbox', 'a', '--drop', id);
    await fleet.expect(0, ...task, '--clear-draft');
    expect(fleet.messages('a').at(-1)).toBe('a task');
    expect(await fleet.pids()).toEqual(before);
  });

  test('waits for an idle agent, spares a draft, and ends the process where a fresh screen cannot be told', async () => {
    const words = ['cat'];
    await fleet.up(fleet.demo('a'), `{ name: b, runtime: other, command: ${JSON.stringify(words)} }`);
    const before = await fleet.pids();
    await fleet.type('a', 'half');
    await until('the draft shows', async () => (await fleet.screen('a')).includes('half'));
    expect((await fleet.expect(4, 'agent', 'reset', 'a')).stderr).toContain('a draft stands');
    await fleet.type('a', 'C-u');
    await fleet.type('a', '/busy 30', 'Enter');
    await until('it works', async () => (await fleet.screen('a')).includes('working'));
    expect((await fleet.expect(5, 'agent', 'reset', 'a', '--timeout', '200ms')).stderr).toContain(
      'still busy',
    );
    expect(await fleet.pids()).toEqual(before);
    expect((await fleet.expect(0, 'agent', 'reset', 'b')).stderr).toContain('ending its process');
    const after = await fleet.pids();
    expect(after['b']).not.toBe(before['b']);
    expect(after['a']).toBe(before['a']);
  });
});

test('a runtime that can only be reset by ending it is not ended in the middle of its turn', async () => {
  const words = [process.execPath, demoAgent, '--think', '0.05'];
  const settings = `defaults: { idle_after: 0s, stop_grace: 1s, working_directory: ${fleet.work} }`;
  fleet.writeRoster(
    [`{ name: a, runtime: other, command: ${JSON.stringify(words)} }`],
    `${settings}\nruntimes: { other: { busy_pattern: 'working…', dialog_pattern: 'Do you want' } }`,
  );
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  await until('a shows its composer', async () => /^>( |$)/m.test(await fleet.screen('a')));
  const before = await fleet.pids();
  await fleet.type('a', '/busy 60', 'Enter');
  await until('it works', async () => (await fleet.screen('a')).includes('working'));
  const late = await fleet.expect(5, 'agent', 'reset', 'a', '--timeout', '200ms');
  expect(late.stderr).toContain('still busy; use --interrupt or --now');
  expect(await fleet.pids()).toEqual(before);
  expect((await fleet.expect(0, 'agent', 'reset', 'a', '--now')).stderr).toContain('ending its process');
  expect(await fleet.pids()).not.toEqual(before);
});

test('looking: roster, status, tail', async () => {
  await fleet.up(fleet.demo('a', ['--say', 'good morning']));
  const roster = JSON.parse((await fleet.expect(0, 'agent', 'roster', '--json')).stdout) as {
    agents: object[];
  };
  expect(roster.agents).toMatchObject([{ name: 'a', runtime: 'demo' }]);
  const status = JSON.parse((await fleet.expect(0, 'agent', 'status', 'a', '--json')).stdout) as {
    agents: object[];
  };
  expect(status.agents).toMatchObject([{ name: 'a', phase: 'Running' }]);
  expect((await fleet.expect(0, 'agent', 'tail', 'a', '-n', '20')).stdout).toContain('good morning');
  expect((await fleet.expect(64, 'agent', 'attach', 'a')).stderr).toContain('needs a terminal');
});
