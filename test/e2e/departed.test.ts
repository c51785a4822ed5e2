import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock } from '../../src/host/lock.js';
import { run, until } from '../support/fleet-sandbox.js';
import { RunningController } from '../support/running-controller.js';
import { TalkingDemos } from '../support/talking-demos.js';

let fleet: TalkingDemos;
beforeEach(() => {
  fleet = new TalkingDemos();
});
afterEach(() => fleet.dispose());

const systemctl = (...words: readonly string[]) => run('systemctl', ['--user', ...words]);
const unit = 'mosaic-agent@a.service';
const record = (): string => path.join(fleet.home, 'fleet', 'agents', 'a.launch');

/** `a` has died, and leaves the roster afterwards. */
async function depart(): Promise<string> {
  await fleet.up(fleet.demo('a'), fleet.demo('b'));
  await fleet.say('a', 'apples');
  await fleet.expect(0, 'hold', 'a');
  const { a = 0 } = await fleet.pids();
  process.kill(a, 'SIGKILL');
  await until('it has ended', async () => (await systemctl('is-active', unit)).stdout.trim() === 'failed');
  expect(fs.existsSync(record())).toBe(true);
  return fleet.id('a');
}

const failedUnits = async (): Promise<string> =>
  (await systemctl('list-units', '--all', '--plain', '--no-legend', '--state=failed', 'mosaic-agent@*'))
    .stdout;

const leave = (): void => fleet.writeRoster([fleet.demo('b')], fleet.settings());

/** systemctl does not start it, and it continues its conversation once it is back. */
async function expectGone(id: string): Promise<void> {
  expect((await systemctl('start', unit)).code).not.toBe(0);
  expect(await fleet.tmux('list-sessions', '-F', '#{session_name}')).not.toMatch(/^a$/m);
  fleet.writeRoster([fleet.demo('a'), fleet.demo('b')], fleet.settings());
  await fleet.expect(0, 'release', 'a');
  await fleet.expect(0, 'apply');
  await fleet.say('a', 'more');
  expect(fleet.id('a')).toBe(id);
  expect(fleet.said(id)).toEqual(['apples', 'more']);
}

test('an agent that leaves the roster after it has died is started by nobody, and continues once it is back', async () => {
  const id = await depart();
  leave();
  await fleet.expect(0, 'apply');
  expect(fs.existsSync(record())).toBe(false);
  expect(await failedUnits()).toBe('');
  await expectGone(id);
});

test('with a controller as well', async () => {
  const id = await depart();
  await fleet.expect(0, 'install', '--enable');
  await systemctl('start', 'mosaic-fleet.service');
  leave();
  await until('the record is gone', () => !fs.existsSync(record()));
  await systemctl('stop', 'mosaic-fleet.service');
  await expectGone(id);
});

test('where another command has the lock, the next does it', async () => {
  const id = await depart();
  leave();
  const held = await acquireLock(path.join(fleet.state, 'locks', 'pass'), 'a test', 0);
  if (held.kind === 'held') expect.fail('somebody has the lock');
  await fleet.expect(0, 'apply');
  expect(fs.existsSync(record())).toBe(true);
  held.lock.release();
  await fleet.expect(0, 'apply');
  expect(fs.existsSync(record())).toBe(false);
  expect(await failedUnits()).toBe('');
  await expectGone(id);
});

test('slow work that was begun before another roster came takes nothing away from it', async () => {
  const controller = new RunningController(fleet);
  const slow = (value: string): string =>
    `{ name: a, runtime: sleeper, command: [bash, -c, "trap '' TERM HUP; while :; do sleep 1; done"], env: { X: "${value}" } }`;
  const settings = `defaults: { working_directory: ${fleet.work}, idle_after: 0s, stop_grace: 5s }`;
  const done = () =>
    controller.events('action_complete').map(({ agent, action }) => [agent, action].join(' '));
  const inForce = async (): Promise<unknown> => {
    const { stdout } = await fleet.expect(0, 'rollback', '--list', '--json');
    return (JSON.parse(stdout) as { revisions: { revision: string }[] }).revisions[0]?.revision;
  };
  try {
    fleet.writeRoster([slow('1')], settings);
    await fleet.expect(0, 'install');
    await controller.start();
    await until('a runs', () => done().includes('a start'));
    fleet.writeRoster([slow('2')], settings);
    await until('it is restarted', () => controller.events('action_start').length === 2);
    fleet.writeRoster([slow('2'), fleet.demo('z')], settings);
    await until('z runs', () => done().includes('z start'));
    expect(done()).not.toContain('a restart');
    const later = await inForce();
    await until('a was restarted', () => done().includes('a restart'));
    expect(await inForce()).toBe(later);
    expect(fs.existsSync(record().replace('a.launch', 'z.launch'))).toBe(true);
  } finally {
    await controller.stop('SIGTERM');
  }
});

test('nor does uninstall leave a failed unit behind', async () => {
  await depart();
  expect(await failedUnits()).toContain(unit);
  await fleet.expect(0, 'stop');
  await fleet.expect(0, 'uninstall');
  expect(await failedUnits()).toBe('');
});
