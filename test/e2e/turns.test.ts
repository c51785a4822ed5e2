import { afterEach, beforeEach, expect, test } from 'vitest';
import { countingPath, until } from '../support/fleet-sandbox.js';
import { RunningController } from '../support/running-controller.js';
import { TalkingDemos } from '../support/talking-demos.js';

// idle_after is 0s here: by its output nobody is ever busy, as no agent is whose turn goes on in silence.
let fleet: TalkingDemos;
let controller: RunningController;
beforeEach(() => {
  fleet = new TalkingDemos();
  controller = new RunningController(fleet);
});
afterEach(async () => {
  await controller.stop('SIGTERM');
  await fleet.dispose();
});

/** It does something in its runtime, and the roster has another setting for it. */
async function editedWhile(command: string, shown: RegExp): Promise<number> {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  await fleet.fleet('agent', 'send', 'a', '--no-preamble', '--message', command);
  await until(`${command} to show`, async () =>
    shown.test(await fleet.tmux('display-message', '-p', '-t', '=a:', '#{pane_title}')),
  );
  fleet.writeRoster([fleet.demo('a', '', ['--say', 'hi'])], fleet.settings());
  return (await fleet.pids())['a'] ?? 0;
}

test('a restart waits for the end of a turn that prints nothing; --now does not', async () => {
  const pid = await editedWhile('/busy 600', /^✦/);
  const { stdout } = await fleet.expect(6, 'apply');
  expect(stdout).toContain('it is still busy');
  expect((await fleet.pids())['a']).toBe(pid);
  await fleet.expect(0, 'apply', '--now');
  await fleet.again('a', pid);
});

test('a restart waits for the human whom a dialog asks; the word restart does not', async () => {
  const pid = await editedWhile('/dialog', /^✋/);
  const { stdout } = await fleet.expect(6, 'apply');
  expect(stdout).toContain('a dialog waits for a human');
  expect((await fleet.pids())['a']).toBe(pid);
  await fleet.expect(0, 'restart', 'a');
  await fleet.again('a', pid);
});

test('a restart spares what a human has begun to type; the word restart does not', async () => {
  const pid = await editedWhile('hello', /^(?![✦✋])/);
  const screen = () => fleet.tmux('capture-pane', '-p', '-t', '=a:');
  await fleet.tmux('send-keys', '-t', '=a:', '-l', 'half a thought');
  await until('the draft shows', async () => (await screen()).includes('half a thought'));
  const { stdout } = await fleet.expect(6, 'apply');
  expect(stdout).toMatch(/a +restart .*deferred: a draft stands in its composer/);
  expect((await fleet.pids())['a']).toBe(pid);
  expect(await screen()).toContain('half a thought');
  await fleet.expect(0, 'restart', 'a');
  await fleet.again('a', pid);
});

test('a restart spares what a human has begun in a shell mode; --now does not', async () => {
  const shown = `${'─'.repeat(20)}\\n! git push\\n${'─'.repeat(20)}\\n`;
  const agent = (more: string) =>
    `{ name: a, runtime: claude, command: [bash, -c, 'printf "${shown}"; exec sleep infinity', x${more}] }`;
  await fleet.up(agent(''));
  await until('it shows', async () =>
    (await fleet.tmux('capture-pane', '-p', '-t', '=a:')).includes('! git'),
  );
  const pid = (await fleet.pids())['a'] ?? 0;
  fleet.writeRoster([agent(', more')], fleet.settings());
  const { stdout } = await fleet.expect(6, 'apply', '--approve', 'a');
  expect(stdout).toMatch(/a +restart .*deferred: a human has opened .*shell mode \(!\) there/);
  expect((await fleet.pids())['a']).toBe(pid);
  await fleet.expect(0, 'apply', '--approve', 'a', '--now');
  expect((await fleet.pids())['a']).not.toBe(pid);
});

test('the word of a reset that ended before its Enter is no draft: nobody would ever take it away', async () => {
  const pid = await editedWhile('hello', /^(?![✦✋])/);
  await fleet.tmux('send-keys', '-t', '=a:', '-l', '/new');
  const screen = () => fleet.tmux('capture-pane', '-p', '-t', '=a:');
  await until('the word shows', async () => (await screen()).includes('> /new'));
  await fleet.expect(0, 'apply');
  await fleet.again('a', pid);
});

test('plan, status and explain say what a screen defers, with one more process', async () => {
  await editedWhile('/dialog', /^✋/);
  const counting = countingPath(fleet.directory);
  const { stdout } = await fleet.fleetWith({ env: { PATH: counting.path } }, 'plan');
  expect(stdout).toMatch(/a +restart/);
  expect(stdout).toContain('deferred: a dialog waits for a human');
  expect(stdout).toContain('keeps the conversation, loses the turn in progress');
  expect(counting.calls()).toHaveLength(3);
  const json = JSON.parse((await fleet.expect(0, 'plan', '--json')).stdout) as { actions: unknown };
  expect(json.actions).toMatchObject([{ gate: 'deferred', cost: 'loses-turn', live: { busy: true } }]);
  expect((await fleet.expect(0, 'status')).stdout).toMatch(/a .*outdated: command; waits: a dialog waits/);
  const explained = (await fleet.expect(0, 'explain', 'a')).stdout;
  expect(explained).toContain('to be done: restart');
  expect(explained).toContain('deferred: a dialog waits for a human');
});

test('the controller restarts it soon after the dialog was answered, however long that took', async () => {
  const pid = await editedWhile('/dialog', /^✋/);
  const counting = countingPath(fleet.directory);
  await controller.startWith(['env', `PATH=${counting.path}`]);
  const deferred = () => controller.events('deferred').filter(({ agent }) => agent === 'a');
  await until('it is told', () => deferred().length > 0);
  expect(deferred()[0]).toMatchObject({ gate: 'deferred', action: 'restart' });
  // However often it looks, that is no try which makes the next one wait, and no news.
  const looks = counting.calls().length;
  await until('it has looked again and again', () => {
    process.kill(controller.pid ?? 0, 'SIGHUP');
    return counting.calls().length > looks + 12;
  });
  expect(controller.events('action_start')).toEqual([]);
  expect(deferred()).toHaveLength(1);
  await fleet.tmux('send-keys', '-t', '=a:', 'Escape');
  await fleet.again('a', pid);
  // The new process runs before systemd has said so.
  await until('what came of it is told', () => controller.events('action_complete').length > 0);
  expect(controller.events('action_complete')).toHaveLength(1);
});
