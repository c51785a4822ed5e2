import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { RunningController } from '../support/running-controller.js';
import { TalkingDemos } from '../support/talking-demos.js';

let fleet: TalkingDemos;
beforeEach(() => {
  fleet = new TalkingDemos();
});
afterEach(() => fleet.dispose());

const slot = ', reset_between_tasks: true';

test('a task that cannot be sent ends no conversation', async () => {
  await fleet.up(fleet.demo('a', slot));
  await fleet.say('a', 'apples');
  const before = { id: fleet.id('a'), pids: await fleet.pids() };
  const assign = (...words: readonly string[]) => fleet.fleet('agent', 'assign', 'a', ...words);
  expect(await assign('--message', ' ')).toMatchObject({ code: 64, stdout: '' });
  expect(await assign('--message', 'x', '--file', 'y')).toMatchObject({ code: 64, stdout: '' });
  expect(await assign('--file', '/nowhere')).toMatchObject({ code: 64, stdout: '' });
  expect(await assign('--message', 'x', '--source-label', '[x]')).toMatchObject({ code: 64, stdout: '' });
  expect(await assign('--message', 'x', '--socket', 'another')).toMatchObject({ code: 69, stdout: '' });
  expect({ id: fleet.id('a'), pids: await fleet.pids() }).toEqual(before);
});

test('with --json the receipt is all of its output; what the reset did is on stderr', async () => {
  await fleet.up(fleet.demo('a', slot));
  await fleet.say('a', 'apples');
  const before = fleet.id('a');
  const run = await fleet.expect(0, 'agent', 'assign', 'a', '--message', 'pears', '--json');
  expect(JSON.parse(run.stdout)).toMatchObject({ formatVersion: '1.0', agent: 'a', status: 'delivered' });
  expect(run.stderr).toContain('LOSES the conversation (disposable slot)');
  expect(fleet.id('a')).not.toBe(before);
});

test('of /clear and /new one is asked for', async () => {
  await fleet.up(fleet.demo('a'));
  const { id, pids } = { id: fleet.id('a'), pids: await fleet.pids() };
  const { stderr } = await fleet.expect(64, 'agent', 'reset', 'a', '--clear', '--new');
  expect(stderr).toContain('give --clear or --new, not both');
  expect([fleet.id('a'), await fleet.pids()]).toEqual([id, pids]);
});

test('what was delivered is answered, however many tasks are assigned at once', async () => {
  await fleet.up(fleet.demo('a', slot));
  const tasks = ['one', 'two', 'three', 'four'];
  const runs = await Promise.all(
    tasks.map(async (task) => ({
      task,
      run: await fleet.fleet('agent', 'assign', 'a', '--no-preamble', '--message', task),
    })),
  );
  const delivered = runs.flatMap(({ task, run }) => (run.code === 0 ? [task] : []));
  expect(delivered).not.toEqual([]);
  await fleet.fleet('wait', '--for', 'idle', 'a');
  expect(fleet.all()).toEqual(expect.arrayContaining(delivered.map((task) => `agent: you said: ${task}`)));
});

describe.each(['without', 'with'])('of tasks assigned at once, %s a controller,', (which) => {
  const tasks = ['one', 'two', 'three', 'four'];
  let controller: RunningController | null = null;
  beforeEach(async () => {
    fs.writeFileSync(path.join(fleet.home, 'fleet', 'kick.md'), 'You are {name}.\n');
    await fleet.up(fleet.demo('a', `${slot}, kickstart_template: kick.md`));
    controller = which === 'with' ? new RunningController(fleet) : null;
    await controller?.start();
  });
  afterEach(() => controller?.stop('SIGKILL'));

  test('each has a conversation of its own', async () => {
    const assign = (task: string) =>
      fleet.fleet('agent', 'assign', 'a', '--no-preamble', '--message', task, '--timeout', '100s');
    const runs = await Promise.all(tasks.map(assign));
    expect(runs.map(({ code, stderr }) => (code === 0 ? '' : stderr))).toEqual(tasks.map(() => ''));
    const conversations = fleet.ids().map((id) => fleet.said(id));
    expect(conversations.filter((said) => said.length > 1).toSorted()).toEqual(
      tasks.map((task) => ['You are a.', task]).toSorted(),
    );
  }, 120_000);
});

test('a task that was left is done before the next one gets a conversation of its own', async () => {
  await fleet.up(fleet.demo('a', slot));
  await fleet.say('a', 'apples');
  const first = fleet.id('a');
  const assign = (task: string, ...more: readonly string[]) =>
    fleet.expect(0, 'agent', 'assign', 'a', '--no-preamble', '--message', task, ...more);
  await fleet.tmux('send-keys', '-t', '=a:', '/busy 3', 'Enter');
  await until('it works', async () => (await fleet.screen('a')).includes('working'));
  await fleet.expect(
    0,
    ...['agent', 'send', 'a', '--no-preamble', '--message', 'left', '--later', '--when-idle'],
  );
  await assign('pears');
  expect(fleet.said(first)).toEqual(['apples', 'left']);
  expect(fleet.all()).toContain('agent: you said: left');
  expect(fleet.said(fleet.id('a'))).toEqual(['pears']);
});
