import { afterEach, beforeEach, expect, test } from 'vitest';
import { run, until } from '../support/fleet-sandbox.js';
import { TalkingDemos } from '../support/talking-demos.js';

// There is nothing to resume in a conversation in which nothing was said: a start that tries ends at once.

let fleet: TalkingDemos;
beforeEach(() => {
  fleet = new TalkingDemos();
});
afterEach(() => fleet.dispose());

test('an agent that nobody spoke to, taken out of the roster and put back, starts', async () => {
  await fleet.up(fleet.demo('a'), fleet.demo('b'));
  fleet.writeRoster([fleet.demo('b')], fleet.settings());
  await fleet.expect(0, 'apply');
  fleet.writeRoster([fleet.demo('a'), fleet.demo('b')], fleet.settings());
  await fleet.expect(0, 'apply', '--wait');
  expect(await fleet.screen('a')).toMatch(/^> *$/m);
});

test('a conversation that a human has begun in the runtime, and that ended before anything was said, is begun again', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.say('a', 'apples');
  const before = fleet.id('a');
  await fleet.clear('a');
  fleet.writeRoster([fleet.demo('a', ', class: other')], fleet.settings());
  await fleet.expect(0, 'apply');
  expect(fleet.id('a')).not.toBe(before);
  process.kill((await fleet.pids())['a'] ?? 0, 'SIGKILL');
  await until('its unit has ended', async () => {
    const unit = await run('systemctl', ['--user', 'is-active', 'mosaic-agent@a.service']);
    return unit.stdout.trim() === 'failed';
  });
  await fleet.expect(0, 'apply', '--wait');
  expect(fleet.record('a').former.map(({ id }) => id)).toEqual([before]);
});
