import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { countingPath, until } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';
import { systemctl } from '../support/user-manager.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

const acts: readonly (readonly string[])[] = [
  ['send', 'a', '--message', 'x'],
  ['send', 'a', '--message', 'x', '--later'],
  ['assign', 'a', '--message', 'x'],
  ['reset', 'a'],
  ['reset', 'a', '--now'],
  ['resume', 'a', 'x'],
  ['outbox', 'a', '--deliver'],
  ['outbox', 'a', '--drop', 'x'],
];

describe('with other values than the installed ones no agent is acted upon', () => {
  beforeEach(() => fleet.up(fleet.demo('a', [], ', reset_between_tasks: true')));

  const expectNothing = async (why: string, ...options: readonly string[]): Promise<void> => {
    const before = await fleet.pids();
    for (const words of acts) {
      const { stderr } = await fleet.expect(69, ...options, 'agent', ...words);
      expect(stderr, words.join(' ')).toContain(why);
    }
    expect(await fleet.pids()).toEqual(before);
    expect(fleet.said('a')).toEqual(['fresh']);
    expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toContain('Nothing waits.');
  };

  test('of another roster', async () => {
    const strange = path.join(fleet.directory, 'strange.yaml');
    fs.copyFileSync(fleet.roster, strange);
    await expectNothing(`roster: installed for ${fleet.roster}`, '--roster', strange);
  });

  test('of a roster in which the socket, or the holder, is another, of which no earlier one is known', async () => {
    fs.rmSync(path.join(fleet.state, 'revisions'), { recursive: true });
    const text = fs.readFileSync(fleet.roster, 'utf8');
    fs.writeFileSync(fleet.roster, text.replace(`socket_name: ${fleet.socket}`, 'socket_name: elsewhere'));
    await expectNothing(`tmux socket: installed for ${fleet.socket}`);
    const moved = `socket_name: ${fleet.socket}, holder_session: other`;
    fs.writeFileSync(fleet.roster, text.replace(`socket_name: ${fleet.socket}`, moved));
    await expectNothing('holder session: installed for _holder');
  });
});

test('one that is being ended, and is not yet gone, gets nothing', async () => {
  // It catches the signals, and goes on reading.
  const agent = fleet.demo('a', ['--ignore-signals']);
  await fleet.up(agent);
  fleet.writeRoster([agent], `defaults: { stop_grace: 4s, working_directory: ${fleet.work} }`);
  await fleet.expect(0, 'apply');
  const stopped = fleet.expect(0, 'stop', 'a');
  await until(
    'its stop',
    async () => (await systemctl('is-active', 'mosaic-agent@a.service')).stdout.trim() === 'deactivating',
  );
  const { code, stdout, stderr } = await fleet.fleet('agent', 'send', 'a', '--message', 'x');
  expect([code, stdout + stderr]).toEqual([4, expect.stringContaining('Dead')]);
  await stopped;
  expect(fleet.said('a')).toEqual(['fresh']);
});

test('an agent that is not in the roster is refused before any program is started', async () => {
  await fleet.up(fleet.demo('scout'));
  const counting = countingPath(fleet.directory);
  for (const words of [
    ...acts.map(([verb = '', , ...more]) => ['agent', verb, 'scuot', ...more]),
    ['agent', 'status', 'scuot'],
    ['agent', 'tail', 'scuot'],
    ['agent', 'attach', 'scuot'],
    ['agent', 'conversations', 'scuot'],
    ['explain', 'scuot'],
  ]) {
    const { code, stderr } = await fleet.fleetWith({ env: { PATH: counting.path } }, ...words);
    expect([code, words, stderr]).toEqual([64, words, expect.stringContaining('did you mean scout')]);
  }
  expect(counting.calls()).toEqual([]);
});
