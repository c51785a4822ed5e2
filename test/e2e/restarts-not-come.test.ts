import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run, until } from '../support/fleet-sandbox.js';
import { TalkingDemos } from '../support/talking-demos.js';

const unit = 'mosaic-agent@b.service';
const systemctl = (...words: readonly string[]) => run('systemctl', ['--user', ...words]);

let fleet: TalkingDemos;
beforeEach(async () => {
  fleet = new TalkingDemos();
  await fleet.up(fleet.demo('b'));
});
afterEach(async () => {
  await systemctl('unmask', '--runtime', unit);
  await fleet.dispose();
});

const pid = async (): Promise<number> => (await fleet.pids())['b'] ?? 0;

async function refused(...words: readonly string[]): Promise<void> {
  const before = await pid();
  await systemctl('mask', '--runtime', unit);
  expect((await fleet.expect(4, ...words)).stdout).toContain('was not restarted');
  expect(await pid()).toBe(before);
  await systemctl('unmask', '--runtime', unit);
}

/** fleet is killed while `systemctl restart` has yet to reach systemd. */
async function cutShort(...words: readonly string[]): Promise<void> {
  const before = await pid();
  const programs = path.join(fleet.directory, 'bin');
  const reached = path.join(fleet.directory, 'reached');
  const systemctlPath = (await run('sh', ['-c', 'command -v systemctl'])).stdout.trim();
  const wrapper = `#!/bin/sh
case " $* " in *" restart "*) echo $$ >${reached}.new && mv ${reached}.new ${reached}; exec sleep 60 ;; esac
exec ${systemctlPath} "$@"
`;
  fs.mkdirSync(programs);
  fs.writeFileSync(path.join(programs, 'systemctl'), wrapper, { mode: 0o755 });
  let killed = 0;
  const ends = fleet.fleetWith(
    {
      env: { PATH: `${programs}:${process.env['PATH'] ?? ''}` },
      started: (started) => {
        killed = started;
      },
    },
    ...words,
  );
  await until('it is about to be restarted', () => fs.existsSync(reached));
  process.kill(killed, 'SIGKILL');
  process.kill(Number(fs.readFileSync(reached, 'utf8')), 'SIGKILL');
  await ends;
  expect(await pid()).toBe(before);
  expect(fleet.record('b').former).toMatchObject([{ ended: 'fresh' }]);
}

/** Its process dies, and fleet starts it again. */
async function dies(): Promise<void> {
  const before = await pid();
  process.kill(before, 'SIGKILL');
  await until('its unit has failed', async () => (await systemctl('is-active', unit)).stdout === 'failed\n');
  await fleet.expect(0, 'apply');
  await fleet.again('b', before);
}

test('a refused restart leaves the conversation that goes on, whatever is said in it then', async () => {
  await fleet.say('b', 'hello');
  const id = fleet.id('b');
  await refused('restart', 'b', '--fresh');
  expect(fleet.record('b')).toMatchObject({ current: { id, resumed: null }, former: [] });
  await fleet.say('b', 'still here');
  await dies();
  expect(await fleet.mark('b')).toBe(id);
  expect(fleet.said(id)).toEqual(['hello', 'still here']);
  expect(fleet.record('b')).toMatchObject({ current: { id }, former: [] });
});

test('a refused restart is not told of as one that came', async () => {
  await fleet.say('b', 'hello');
  await refused('restart', 'b');
  expect(fleet.record('b').current).toMatchObject({ resumed: null });
  expect((await fleet.expect(0, 'agent', 'conversations', 'b')).stdout).not.toContain('continued');
});

describe('a restart that was cut short before it came', () => {
  let id = '';
  beforeEach(async () => {
    await fleet.say('b', 'hello');
    id = fleet.id('b');
    await cutShort('restart', 'b', '--fresh');
  });

  test('an apply finds the conversation that goes on, and tells of no other', async () => {
    await fleet.expect(0, 'apply');
    expect(fleet.record('b')).toMatchObject({ current: { id }, former: [] });
    await dies();
    expect(await fleet.mark('b')).toBe(id);
  });

  test('what is said in the conversation that goes on is said in that one', async () => {
    await fleet.say('b', 'still here');
    expect(fleet.record('b')).toMatchObject({ current: { id }, former: [] });
    await dies();
    expect(await fleet.mark('b')).toBe(id);
    expect(fleet.said(id)).toEqual(['hello', 'still here']);
  });

  test('what a human goes on with is continued when it dies', async () => {
    await fleet.tmux('send-keys', '-t', '=b:', 'by hand', 'Enter');
    await until('it answers', () => fleet.said(id).includes('by hand'));
    // An exit record counts whole seconds.
    const second = Math.floor(Date.now() / 1000);
    await until('the next second', () => Date.now() / 1000 >= second + 1);
    await dies();
    expect(await fleet.mark('b')).toBe(id);
    expect(fleet.record('b')).toMatchObject({ current: { id }, former: [] });
  });
});

test('what a fresh restart that came has ended stays so, also where the process died before a word was said', async () => {
  await fleet.say('b', 'hello');
  const before = fleet.id('b');
  await fleet.expect(0, 'restart', 'b', '--fresh');
  await dies();
  expect(await fleet.mark('b')).not.toBe(before);
  expect(fleet.record('b').former).toMatchObject([{ id: before, ended: 'fresh' }]);
});
