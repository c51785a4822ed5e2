import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { TalkingDemos } from '../support/talking-demos.js';

// idle_after is 0s here: by its output nobody is ever busy, as no agent is whose turn goes on in silence.
let fleet: TalkingDemos;
beforeEach(() => {
  fleet = new TalkingDemos();
});
afterEach(() => fleet.dispose());

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
