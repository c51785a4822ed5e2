import { afterEach, beforeEach, expect, test } from 'vitest';
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
