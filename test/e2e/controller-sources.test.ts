import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { acquireLock } from '../../src/host/lock.js';
import type { RunningController } from '../support/running-controller.js';
import { controlled } from '../support/talking.js';
import { FleetSandbox, until } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
let controller: RunningController;
controlled(
  () => new FleetSandbox(),
  (own) => ({ fleet, controller } = own),
);

const text = (...names: readonly string[]): string =>
  [
    'version: 1\ntransport: tmux',
    `tmux: { socket_name: ${fleet.socket} }`,
    `defaults: { idle_after: 0s, working_directory: ${fleet.work} }`,
    'agents:',
    ...names.map((name) => `  - { name: ${name}, runtime: sleeper, command: [sleep, infinity] }`),
  ].join('\n') + '\n';
const names = async (): Promise<string> =>
  Object.keys(await fleet.pids())
    .toSorted()
    .join();

/** Waits well below the resync: the change itself must have woken the controller. */
const isApplied = (expected: string): Promise<true> =>
  until(`${expected} run`, async () => (await names()) === expected || null, 8000).then(() => true);

const save = {
  rename(file: string, content: string): void {
    fs.writeFileSync(`${file}.new`, content);
    fs.renameSync(`${file}.new`, file);
  },
  backup(file: string, content: string): void {
    // vim with backupcopy=no: the old file is moved away, the new one created in its place.
    fs.renameSync(file, `${file}~`);
    fs.writeFileSync(file, content);
    fs.rmSync(`${file}~`);
  },
  truncate(file: string, content: string): void {
    const handle = fs.openSync(file, 'r+');
    fs.ftruncateSync(handle);
    for (const part of content.match(/[^]{1,40}/g) ?? []) fs.writeSync(handle, part);
    fs.closeSync(handle);
  },
} as const;

async function up(...agents: readonly string[]): Promise<void> {
  await fleet.expect(0, 'install');
  await controller.start();
  await isApplied(agents.join());
}

describe('a change of the roster wakes the controller', () => {
  test.each(Object.keys(save) as (keyof typeof save)[])('saved by %s, again and again', async (way) => {
    fs.writeFileSync(fleet.roster, text('a'));
    await up('a');
    const { a } = await fleet.pids();
    for (const expected of ['a,b', 'a', 'a,c', 'a,b,c']) {
      save[way](fleet.roster, text(...expected.split(',')));
      await isApplied(expected);
    }
    // Saved twice in a row: the second is what counts.
    save[way](fleet.roster, text('a', 'b', 'c', 'd'));
    save[way](fleet.roster, text('a', 'e'));
    await isApplied('a,e');
    expect((await fleet.pids())['a']).toBe(a);
  });

  test('a linked file is changed where it really is', async () => {
    const real = path.join(fleet.directory, 'dotfiles', 'fleet.yaml');
    fs.mkdirSync(path.dirname(real));
    fs.writeFileSync(real, text('a'));
    fs.symlinkSync(real, fleet.roster);
    await up('a');
    save.rename(real, text('a', 'b'));
    await isApplied('a,b');
    // And the link itself is turned.
    const other = path.join(fleet.directory, 'other.yaml');
    fs.writeFileSync(other, text('a', 'c'));
    fs.symlinkSync(other, `${fleet.roster}.new`);
    fs.renameSync(`${fleet.roster}.new`, fleet.roster);
    await isApplied('a,c');
    save.truncate(other, text('a'));
    await isApplied('a');
  });

  test('a directory that is swapped by its link', async () => {
    const releases = path.join(fleet.directory, 'releases');
    for (const [release, agents] of [
      ['1', ['a']],
      ['2', ['a', 'b']],
    ] as const) {
      fs.mkdirSync(path.join(releases, release), { recursive: true });
      fs.writeFileSync(path.join(releases, release, 'roster.yaml'), text(...agents));
    }
    fs.symlinkSync('releases/1', path.join(fleet.directory, 'current'));
    const roster = path.join(fleet.directory, 'current', 'roster.yaml');
    const arguments_ = ['--roster', roster];
    await fleet.expect(0, ...arguments_, 'install');
    await controller.start(...arguments_);
    await isApplied('a');
    fs.symlinkSync('releases/2', path.join(fleet.directory, 'next'));
    fs.renameSync(path.join(fleet.directory, 'next'), path.join(fleet.directory, 'current'));
    await isApplied('a,b');
    fs.writeFileSync(path.join(releases, '2', 'roster.yaml'), text('b'));
    await isApplied('b');
  });

  test('a file, and a directory, that appear later', async () => {
    fs.writeFileSync(fleet.roster, text('a'));
    await fleet.expect(0, 'install');
    fs.rmSync(fleet.roster);
    await controller.start();
    await until('it is told', () => controller.events('roster_invalid').length === 1);
    fs.writeFileSync(fleet.roster, text('a'));
    await isApplied('a');
    await until('it is settled', () => controller.events('action_complete').length === 1);
    // The whole directory is moved away and comes back with another content.
    const home = path.dirname(fleet.roster);
    fs.renameSync(home, `${home}.away`);
    await until('it is told again', () => controller.events('roster_invalid').length === 2);
    save.rename(path.join(`${home}.away`, 'roster.yaml'), text('a', 'b'));
    expect(fs.existsSync(home) ? fs.readdirSync(home, { recursive: true }) : []).toEqual([]);
    fs.renameSync(`${home}.away`, home);
    await isApplied('a,b');
  });

  test('a directory that is replaced as a whole, within one look, and what is changed in it from then on', async () => {
    fs.writeFileSync(fleet.roster, text('a'));
    await up('a');
    await until('it is settled', () => controller.events('action_complete').length === 1);
    const replace = (directory: string, change: (copy: string) => void): void => {
      fs.cpSync(directory, `${directory}.new`, { recursive: true });
      change(`${directory}.new`);
      fs.rmSync(`${directory}.old`, { recursive: true, force: true });
      fs.renameSync(directory, `${directory}.old`);
      // The controller may have written something there in between.
      for (let moved = false; !moved; moved = !fs.existsSync(`${directory}.new`)) {
        fs.rmSync(directory, { recursive: true, force: true });
        try {
          fs.renameSync(`${directory}.new`, directory);
        } catch (error) {
          expect((error as NodeJS.ErrnoException).code).toBe('ENOTEMPTY');
        }
      }
    };
    const home = path.dirname(fleet.roster);
    replace(home, (copy) => fs.writeFileSync(path.join(copy, 'roster.yaml'), text('a', 'b')));
    await isApplied('a,b');
    save.truncate(fleet.roster, text('a', 'b', 'c'));
    await isApplied('a,b,c');
    save.rename(fleet.roster, text('a', 'b', 'd'));
    await isApplied('a,b,d');
    // The operator's words lie in another one.
    await fleet.expect(0, 'hold', 'b');
    process.kill((await fleet.pids())['b'] ?? 0, 'SIGKILL');
    await isApplied('a,d');
    replace(fleet.state, () => undefined);
    await fleet.expect(0, 'release', 'b');
    await isApplied('a,b,d');
  });

  test('a template and a site line count, other files beside the roster do not', async () => {
    const template = path.join(fleet.directory, 'brief.md');
    fs.writeFileSync(template, 'be brief');
    const agent =
      '{ name: a, runtime: sleeper, command: [sleep, infinity], kickstart_template: ../../brief.md, reset_between_tasks: true, disruption: immediate }';
    fleet.writeRoster([agent]);
    await up('a');
    const { a } = await fleet.pids();
    fs.writeFileSync(path.join(path.dirname(fleet.roster), 'notes.txt'), 'x');
    fs.writeFileSync(template, 'be briefer');
    const reset = await until(
      'a is reset',
      async () => {
        const { a: pid } = await fleet.pids();
        return pid !== undefined && pid !== a && pid;
      },
      8000,
    );
    fs.appendFileSync(path.join(fleet.home, 'fleet', 'agents', 'a.env'), 'SITE=1\n');
    await until(
      'a is restarted',
      async () => {
        const { a: pid } = await fleet.pids();
        return pid !== undefined && pid !== reset;
      },
      8000,
    );
  });

  test('a template that is missing, with its directory, and appears later', async () => {
    const b = '{ name: b, runtime: sleeper, command: [sleep, infinity], kickstart_template: late/b.md }';
    fs.writeFileSync(fleet.roster, text('a'));
    await up('a');
    fs.appendFileSync(fleet.roster, `  - ${b}\n`);
    await until('it is told', () => controller.events('roster_invalid').length === 1);
    const late = path.join(path.dirname(fleet.roster), 'late');
    fs.mkdirSync(late);
    fs.writeFileSync(path.join(late, 'b.md'), 'be brief');
    await isApplied('a,b');
  });

  test('without inotify it looks every second, and says so', async () => {
    fs.writeFileSync(fleet.roster, text('a'));
    await fleet.expect(0, 'install');
    // A user namespace of its own has limits of its own: no inotify instance at all.
    await controller.startWith([
      'unshare',
      '--user',
      '--map-current-user',
      '--keep-caps',
      'sh',
      '-c',
      'echo 0 >/proc/sys/user/max_inotify_instances; exec "$@"',
      'sh',
    ]);
    await isApplied('a');
    await until('it is said', () =>
      controller
        .events('diagnostic')
        .some(({ message }) => String(message).includes('looking every second instead')),
    );
    save.rename(fleet.roster, text('a', 'b'));
    await isApplied('a,b');
  });
});

test('a lock that is kept for long is told of once, with its holder', async () => {
  fs.writeFileSync(fleet.roster, text('a'));
  await up('a');
  await until('it is settled', () => controller.events('action_complete').length === 1);
  const held = await acquireLock(path.join(fleet.state, 'locks', 'pass'), 'a test', 10_000);
  if (held.kind === 'held') expect.fail('somebody has the lock');
  const { a = 0 } = await fleet.pids();
  process.kill(a, 'SIGKILL');
  const told = () => controller.events('diagnostic').filter(({ during }) => during === 'lock');
  await until('it is told', () => told().length > 0, 30_000);
  expect(told()).toMatchObject([
    { message: expect.stringContaining(`a test (pid ${process.pid}) has kept the lock`) as string },
  ]);
  held.lock.release();
  await until('a is back', async () => ((await fleet.pids())['a'] ?? a) !== a);
  expect(told()).toHaveLength(1);
});

test('a broken file leaves the last applied roster in force, for a new controller and for status, too', async () => {
  fs.writeFileSync(fleet.roster, text('a'));
  await up('a');
  await until('it is settled', () => controller.events('action_complete').length === 1);
  await controller.stop('SIGTERM');
  fs.writeFileSync(fleet.roster, 'agents: [');
  await controller.start();
  await until('it is told', () => controller.events('roster_invalid').length === 1);
  const { a = 0 } = await fleet.pids();
  process.kill(a, 'SIGKILL');
  await until('a is back', async () => ((await fleet.pids())['a'] ?? a) !== a);
  const { stdout } = await fleet.expect(78, 'status');
  expect(stdout).toContain('The roster is refused; the last good one is in force:');
  expect(stdout).toMatch(/^a +sleeper +worker +Running/m);
});
