import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import type { RunningController } from '../support/running-controller.js';
import type { TalkFleet } from '../support/talk-fleet.js';
import { talking } from '../support/talking.js';

let fleet: TalkFleet;
let controller: RunningController;
talking((own) => ({ fleet, controller } = own));

const slot = ', kickstart_template: kick.md, reset_between_tasks: true';
const brief = (text: string): void =>
  fs.writeFileSync(path.join(path.dirname(fleet.roster), 'kick.md'), text);
const starts = async (): Promise<number | undefined> =>
  (JSON.parse((await fleet.expect(0, 'status', '-o', 'json')).stdout) as { agents: { starts: number }[] })
    .agents[0]?.starts;

describe('a changed first message resets a disposable slot', () => {
  test('in its runtime: the process goes on, the new message is the first, the next plan is empty', async () => {
    brief('one');
    await fleet.up(fleet.demo('a', [], slot));
    const before = await fleet.pids();
    brief('two');
    expect((await fleet.expect(0, 'apply')).stdout).toContain('a reset in its runtime\n');
    expect(await fleet.pids()).toEqual(before);
    expect(fleet.said('a')).toEqual(['fresh', 'one', 'fresh', 'two']);
    expect((await fleet.expect(0, 'plan')).stdout).toContain('No changes.');
    expect(await starts()).toBe(1);
    expect((await fleet.expect(0, 'explain', 'a')).stdout).toMatch(
      /action_complete .* reset .*in its runtime/,
    );
    const marks = await fleet.tmux('show-options', '-v', '-t', '=a:', '@fleet_context');
    expect(marks).toMatch(/^v1:[0-9a-f]+$/);
  });

  test('by the controller, too', async () => {
    brief('one');
    await fleet.up(fleet.demo('a', [], slot));
    const before = await fleet.pids();
    await controller.start();
    brief('two');
    await until('the new message is the first', () => fleet.said('a').at(-1) === 'two');
    expect(fleet.said('a')).toEqual(['fresh', 'one', 'fresh', 'two']);
    expect(await fleet.pids()).toEqual(before);
    const [done] = controller.events('action_complete');
    expect(done).toMatchObject({ agent: 'a', action: 'reset', message: 'in its runtime' });
  });

  test('by the controller that has to end it: its first message is not lost to whoever speaks to it meanwhile', async () => {
    brief('one');
    // It leaves the conversation as it is, so that the controller waits for it in vain, and without the fleet's lock.
    const settings = 'runtimes: { demo: { reset_command: /context } }';
    fleet.writeRoster(
      [fleet.demo('a', [], slot)],
      `defaults: { idle_after: 0s, stop_grace: 1s, working_directory: ${fleet.work} }\n${settings}`,
    );
    await fleet.expect(0, 'install');
    await controller.start();
    await until('it has its first message', () => fleet.said('a').includes('one'));
    const before = await fleet.pids();
    brief('two');
    const outbox = path.join(fleet.state, 'outbox', 'a');
    const waits = () => fs.existsSync(outbox) && fs.readdirSync(outbox).some((name) => name.startsWith('0-'));
    await until('the next one is left', waits);
    await fleet.send('a', '--message', 'hi');
    await until('it is told to its next process', () => fleet.said('a').includes('two'), 30_000);
    expect(await fleet.pids()).not.toEqual(before);
  });

  test('not while a draft or a turn shows; --now ends the process and says why', async () => {
    brief('one');
    await fleet.up(fleet.demo('a', [], slot));
    const before = await fleet.pids();
    brief('two');
    for (const [keys, shown, message] of [
      ['half a thought', 'half a thought', 'a draft stands in its composer'],
      ['/busy 60', 'working', 'it is still busy'],
    ] as const) {
      await fleet.type('a', 'C-u');
      await fleet.type('a', keys, ...(keys.startsWith('/') ? ['Enter'] : []));
      await until(`${shown} shows`, async () => (await fleet.screen('a')).includes(shown));
      const { stdout } = await fleet.expect(6, 'apply');
      expect(stdout).toMatch(new RegExp(`a +reset .*deferred: ${message}`));
      expect(stdout).toContain('Applied: nothing; 1 gated.');
    }
    expect(await fleet.pids()).toEqual(before);
    expect(fleet.said('a')).toEqual(['fresh', 'one']);
    expect((await fleet.expect(0, 'explain', 'a')).stdout).toContain('deferred: it is still busy');
    const forced = await fleet.expect(0, 'apply', '--now');
    expect(forced.stdout).toMatch(/a reset by ending its process and starting it afresh: it is still busy/);
    expect(await fleet.pids()).not.toEqual(before);
    expect(fleet.said('a').at(-1)).toBe('two');
  });

  test('what a reset that died before its Enter has typed is no draft, and is not typed again', async () => {
    brief('one');
    await fleet.up(fleet.demo('a', [], slot));
    const before = await fleet.pids();
    brief('two');
    await fleet.type('a', '/new');
    await until('it stands in the composer', async () => (await fleet.screen('a')).includes('> /new'));
    expect((await fleet.expect(0, 'apply')).stdout).toContain('a reset in its runtime\n');
    expect(await fleet.pids()).toEqual(before);
    expect(fleet.said('a')).toEqual(['fresh', 'one', 'fresh', 'two']);
    await fleet.type('a', '/new');
    await until('it stands again', async () => (await fleet.screen('a')).includes('> /new'));
    await fleet.expect(0, 'agent', 'reset', 'a');
    expect(fleet.said('a')).toEqual(['fresh', 'one', 'fresh', 'two', 'fresh', 'two']);
  });

  test('whose lock cannot be taken it is reset by ending its process, and the apply goes on', async () => {
    brief('one');
    await fleet.up(fleet.demo('a', [], slot));
    const before = await fleet.pids();
    brief('two');
    const lock = path.join(fleet.state, 'locks', 'talk-a');
    fs.rmSync(lock, { recursive: true, force: true });
    fs.writeFileSync(lock, '');
    const { stdout, stderr } = await fleet.expect(0, 'apply');
    expect(stdout).toMatch(/a reset by ending its process and starting it afresh: cannot take the lock/);
    expect(stderr).toMatch(/a: its first message waits: cannot take the lock/);
    expect(await fleet.pids()).not.toEqual(before);
  });

  test('a dialog is neither answered nor ended', async () => {
    brief('one');
    await fleet.up(fleet.demo('a', [], slot));
    await fleet.type('a', '/dialog', 'Enter');
    await until('it asks', async () => (await fleet.screen('a')).includes('Do you want to proceed'));
    const before = await fleet.pids();
    brief('two');
    expect((await fleet.expect(6, 'apply', '--json')).stdout).toContain(
      'a dialog waits for a human; look with: fleet agent attach a',
    );
    expect(await fleet.screen('a')).toContain('Do you want to proceed');
    expect(await fleet.pids()).toEqual(before);
  });

  test('by ending the process where a fresh screen cannot be told, and where its class is another', async () => {
    brief('one');
    const other = (more = ''): string =>
      `{ name: b, runtime: other, command: [cat], reset_between_tasks: true, kickstart_template: kick.md${more} }`;
    await fleet.up(fleet.demo('a', [], slot), other());
    const before = await fleet.pids();
    brief('two');
    fleet.writeRoster(
      [fleet.demo('a', [], `${slot}, class: boss`), other()],
      `defaults: { idle_after: 0s, stop_grace: 1s, working_directory: ${fleet.work} }`,
    );
    const { stdout } = await fleet.expect(0, 'apply', '--confirm');
    expect(stdout).toContain('starting it afresh: its class is part of its environment');
    expect(stdout).toContain('starting it afresh: a fresh screen of other cannot be told');
    const after = await fleet.pids();
    expect(after['a']).not.toBe(before['a']);
    expect(after['b']).not.toBe(before['b']);
    expect(fleet.said('a').at(-1)).toBe('two');
  });

  test('not on the operator’s word while it is held', async () => {
    await fleet.up(fleet.demo('a', [], ', reset_between_tasks: true'));
    const before = await fleet.pids();
    await fleet.expect(0, 'hold', 'a', '--reason', 'look at it');
    for (const words of [
      ['reset', 'a'],
      ['reset', 'a', '--now'],
      ['assign', 'a', '--message', 'x'],
    ]) {
      const { stderr } = await fleet.expect(6, 'agent', ...words);
      expect(stderr).toContain(
        'a was not reset: held: by the operator (look at it); go on with: fleet release a',
      );
    }
    expect(await fleet.pids()).toEqual(before);
    expect(fleet.said('a')).toEqual(['fresh']);
    await fleet.expect(0, 'release', 'a');
    await fleet.expect(0, 'agent', 'reset', 'a');
    expect(fleet.said('a')).toEqual(['fresh', 'fresh']);
  });

  test('on the operator’s word: one that loses sight of its agent while it waits says so, and ends nothing', async () => {
    await fleet.up(fleet.demo('a'));
    const before = await fleet.pids();
    await fleet.type('a', '/busy 60', 'Enter');
    await until('it works', async () => (await fleet.screen('a')).includes('working'));
    const server = await fleet.serverPid();
    const reset = fleet.fleet('agent', 'reset', 'a');
    await until('it waits', () => fs.existsSync(path.join(fleet.state, 'locks', 'talk-a')));
    process.kill(server, 'SIGSTOP');
    try {
      const { code, stderr } = await reset;
      expect([code, stderr]).toEqual([69, expect.stringContaining('did not answer within 5s')]);
    } finally {
      process.kill(server, 'SIGCONT');
    }
    expect(await fleet.pids()).toEqual(before);
  });

  test('on the operator’s word the mark follows: nothing is due afterwards', async () => {
    brief('one');
    await fleet.up(fleet.demo('a', [], slot));
    const before = await fleet.pids();
    brief('two');
    await fleet.expect(0, 'agent', 'reset', 'a');
    expect(fleet.said('a')).toEqual(['fresh', 'one', 'fresh', 'two']);
    expect((await fleet.expect(0, 'plan')).stdout).toContain('No changes.');
    expect(await fleet.pids()).toEqual(before);
  });
});

test('what an agent was told a moment ago is not cut off, although its screen does not show yet that it works', async () => {
  await fleet.up(fleet.demo('a'));
  const { receipt } = await fleet.send('a', '--message', 'before');
  expect(receipt.status).toBe('delivered');
  await until('it is answered', () => fs.readFileSync(fleet.session('a'), 'utf8').includes('"agent"'));
  const record = (type: string): void => {
    fs.appendFileSync(fleet.session('a'), `${JSON.stringify({ type, text: 'x' })}\n`);
  };
  record('user');
  const { stderr } = await fleet.expect(5, 'agent', 'reset', 'a', '--timeout', '100ms');
  expect(stderr).toContain('it is about to begin its turn');
  const reset = fleet.expect(0, 'agent', 'reset', 'a');
  setTimeout(() => record('agent'), 700);
  const before = performance.now();
  await reset;
  expect(performance.now() - before).toBeGreaterThan(600);
  expect(fleet.said('a').at(-1)).toBe('fresh');
});
