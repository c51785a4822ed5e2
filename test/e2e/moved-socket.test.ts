import * as fs from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

type Values = readonly [socket: string, holder: string];

const edits: readonly (readonly [string, () => Values])[] = [
  ['socket', () => [`${fleet.socket}-moved`, '_holder']],
  ['holder session', () => [fleet.socket, 'other']],
];

const agents = (): readonly string[] => [
  fleet.demo('a'),
  '{ name: b, runtime: sleeper, command: [sleep, infinity] }',
];

const movedTo = ([socket, holder]: Values): string =>
  fs
    .readFileSync(fleet.roster, 'utf8')
    .replace(`socket_name: ${fleet.socket}`, `socket_name: ${socket}, holder_session: ${holder}`);

const sessionsOn = async (socket: string): Promise<readonly string[]> =>
  (await run('tmux', ['-u', '-L', socket, 'list-sessions', '-F', '#{session_name}'])).stdout
    .trimEnd()
    .split('\n')
    .toSorted();

const isMoved = async ([socket, holder]: Values): Promise<void> => {
  await fleet.expect(0, 'stop');
  expect(await fleet.pids()).toEqual({});
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'start');
  await fleet.expect(0, 'wait', '--for', 'ready', '--timeout', '15s');
  expect(await sessionsOn(socket)).toEqual([holder, 'a', 'b'].toSorted());
  await fleet.expect(0, 'status');
  await fleet.expect(0, 'verify');
};

test.each(edits)('a fleet whose %s was edited is moved', async (_, to) => {
  await fleet.up(...agents());
  fs.writeFileSync(fleet.roster, movedTo(to()));
  await isMoved(to());
});
