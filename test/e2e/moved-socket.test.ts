import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run, until } from '../support/fleet-sandbox.js';
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

const wayOut = 'to move the fleet there: fleet stop, fleet install, fleet start';

const told = (type: string): number =>
  fs.readFileSync(path.join(fleet.state, 'events.jsonl'), 'utf8').split(`"type":"${type}"`).length - 1;

test.each(edits)(
  'an edit of the %s is refused while agents live, and costs no supervision',
  async (_, to) => {
    await fleet.up(...agents());
    const before = await fleet.pids();
    const good = fs.readFileSync(fleet.roster, 'utf8');
    const moved = movedTo(to());
    await run('systemctl', ['--user', 'start', 'mosaic-fleet.service']);
    await until('it has looked', () => told('roster') === 1);
    fs.writeFileSync(fleet.roster, moved);
    await until('it is told', () => told('roster_invalid') === 1);
    expect(fs.readFileSync(path.join(fleet.state, 'events.jsonl'), 'utf8')).toContain(wayOut);

    process.kill(before['b'] ?? 0, 'SIGKILL');
    await until('b is back', async () => ![undefined, before['b']].includes((await fleet.pids())['b']));
    const status = await fleet.expect(78, 'status');
    expect(status.stdout).toContain('The roster is refused; the last good one is in force:');
    expect(status.stdout).toContain(wayOut);
    expect(status.stdout).toMatch(/^a +demo +worker +Running/m);
    const explained = await fleet.expect(78, 'explain', 'a');
    expect(explained.stdout).toContain('a is Running');
    expect(explained.stderr).toContain(wayOut);
    const sent = await fleet.expect(0, 'agent', 'send', 'a', '--no-preamble', '-m', 'now');
    expect(sent.stderr).toContain(wayOut);
    await fleet.expect(0, 'agent', 'send', 'a', '--no-preamble', '--later', '-m', 'later');
    await until('both arrive', () => fleet.said('a').join() === 'fresh,now,later');
    expect((await fleet.expect(0, 'agent', 'tail', 'a')).stdout).toContain('later');
    await fleet.expect(0, 'agent', 'outbox', 'a');
    const waited = await fleet.expect(0, 'wait', '--for', 'ready', '--timeout', '15s');
    expect(waited.stderr).toContain(wayOut);
    const refused = await fleet.expect(69, 'apply');
    expect(refused.stdout + refused.stderr).toContain('installed for other values');
    expect((await fleet.expect(69, 'install')).stderr).toContain(
      'the fleet runs, installed for other values',
    );

    fs.writeFileSync(fleet.roster, good);
    await until('it is taken back', () => told('roster_valid') === 1);
    fs.writeFileSync(fleet.roster, moved);
    await until('it is told again', () => told('roster_invalid') === 2);
    await isMoved(to());
  },
);
