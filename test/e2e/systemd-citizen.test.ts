import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ControllerUnit } from '../support/controller-unit.js';
import { countingPath, FleetSandbox, sleeper, snapshot, until } from '../support/fleet-sandbox.js';
import { systemctl } from '../support/user-manager.js';

let fleet: FleetSandbox;
let controller: ControllerUnit;
beforeEach(() => {
  fleet = new FleetSandbox();
  controller = new ControllerUnit(fleet);
});
afterEach(() => fleet.dispose());

const settings = (): string => `defaults: { idle_after: 0s, working_directory: ${fleet.work} }`;
/** Ends only when it is killed, long after it was asked to. */
const stubborn = (name: string): string =>
  `{ name: ${name}, runtime: sleeper, command: [bash, -c, "trap '' TERM HUP; while :; do sleep 1; done"] }`;
const roster = (...agents: readonly string[]): void => fleet.writeRoster(agents, settings());

/** Installed and running, two agents up. @returns their pids */
async function up(...lines: readonly string[]): Promise<Readonly<Record<string, number>>> {
  roster(sleeper('a'), sleeper('b'));
  await fleet.expect(0, 'install');
  await controller.configure(...lines);
  expect(await controller.start()).toMatchObject({ code: 0, stderr: '' });
  await until('both run', async () => Object.keys(await fleet.pids()).length === 2);
  await until('nothing is left to do', async () =>
    (await fleet.fleet('plan')).stdout.includes('No changes.'),
  );
  return fleet.pids();
}

describe('the watchdog', () => {
  test('ends a controller that hangs, and another takes over; no agent is touched', async () => {
    const before = await up('WatchdogSec=2s', controller.command('500ms'));
    const first = await controller.pid();
    process.kill(first, 'SIGSTOP');
    await controller.another(first);
    expect(await controller.property('NRestarts')).toBe('1');
    expect(fs.readFileSync(`/proc/${await controller.pid()}/limits`, 'utf8')).toMatch(
      /^Max core file size +0 /m,
    );
    expect(await fleet.pids()).toEqual(before);
  });

  test('is fed although the roster is edited without a pause', async () => {
    const before = await up('WatchdogSec=2s', controller.command('500ms'));
    const first = await controller.pid();
    // One that was looked at while it was being written is told as valid again.
    const told = () => controller.events('roster_changed').length + controller.events('roster_valid').length;
    // At every edit another revision. More than three times as long as the watchdog waits.
    const until7s = performance.now() + 7000;
    for (let edit = 1; performance.now() < until7s; edit += 1) {
      const seen = told();
      roster(sleeper('a', `, class: worker${edit}`), sleeper('b'));
      await until('it is taken up', () => told() > seen);
    }
    expect([await controller.pid(), await controller.property('NRestarts')]).toEqual([first, '0']);
    expect(await fleet.pids()).toEqual(before);
  });
});

describe('reload', () => {
  test('returns when the roster has been looked at again', async () => {
    const before = await up();
    // Again and again, since the roster's watcher is faster now and then.
    for (let time = 1; time <= 5; time += 1) {
      roster(sleeper('a', `, class: worker${time}`), sleeper('b'));
      const { stdout } = await fleet.fleet('validate');
      const revision = /revision ([0-9a-f]+)/.exec(stdout)?.[1] ?? 'none';
      expect(await controller.reload()).toMatchObject({ code: 0, stderr: '' });
      expect(await controller.property('ActiveState')).toBe('active');
      expect(String(controller.events('roster_changed').at(-1)?.['revision'])).toMatch(
        new RegExp(`^${revision}`),
      );
    }
    expect(fs.existsSync(path.join(fleet.state, 'reload'))).toBe(false);
    expect(await fleet.pids()).toEqual(before);
  });

  test('is not done before it is done: a controller that hangs is waited for', async () => {
    await up();
    const pid = await controller.pid();
    process.kill(pid, 'SIGSTOP');
    const reloading = controller.reload();
    await until('it is asked', () => fs.existsSync(path.join(fleet.state, 'reload')));
    expect(await controller.property('ActiveState')).toBe('reloading');
    process.kill(pid, 'SIGCONT');
    expect(await reloading).toMatchObject({ code: 0, stderr: '' });
    expect(await controller.isActive()).toBe(true);
  });

  test('fails, and says so, where the controller dies meanwhile', async () => {
    const before = await up();
    const pid = await controller.pid();
    process.kill(pid, 'SIGSTOP');
    const reloading = controller.reload();
    await until('it is asked', () => fs.existsSync(path.join(fleet.state, 'reload')));
    process.kill(pid, 'SIGKILL');
    expect((await reloading).code).not.toBe(0);
    await controller.another(pid);
    await until('nothing waits', () => !fs.existsSync(path.join(fleet.state, 'reload')));
    expect(fs.readFileSync(controller.log, 'utf8')).toContain('the controller ended before it had looked');
    expect(await fleet.pids()).toEqual(before);
  });

  test('by a bare SIGHUP is seen as one', async () => {
    await up();
    const pid = await controller.pid();
    process.kill(pid, 'SIGHUP');
    await until('it is ready again', () => controller.isActive());
    expect(await controller.pid()).toBe(pid);
  });
});

describe('its end', () => {
  test('SIGTERM is a clean one, said in JSON alone', async () => {
    const before = await up();
    expect(await controller.stop()).toMatchObject({ code: 0, stderr: '' });
    expect(await controller.property('Result')).toBe('success');
    const lines = fs.readFileSync(controller.log, 'utf8').trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('{'))).toEqual([]);
    expect(controller.events('controller_stopped')).toHaveLength(1);
    expect(await fleet.pids()).toEqual(before);
  });

  test('is not kept up by an action that takes longer; the next one goes on', async () => {
    await withPendingStop();
    const { a } = await fleet.pids();
    expect(await controller.stop()).toMatchObject({ code: 0, stderr: '' });
    expect([await controller.property('Result'), await controller.property('ExecMainStatus')]).toEqual([
      'success',
      '0',
    ]);
    expect(controller.events('controller_stopped').at(-1)).toMatchObject({ left: ['slow'] });
    expect((await fleet.pids())['a']).toBe(a);
    expect(await controller.start()).toMatchObject({ code: 0, stderr: '' });
    expect(await fleet.pids()).toMatchObject({ a });
    await endTheStubborn();
  });

  test('a second SIGTERM is not argued with', async () => {
    await withPendingStop();
    const { a } = await fleet.pids();
    const pid = await controller.pid();
    process.kill(pid, 'SIGTERM');
    await until('it finishes what is under way', () => controller.events('controller_stopping').length === 1);
    process.kill(pid, 'SIGTERM');
    await controller.another(pid);
    expect(controller.events('controller_stopped')).toEqual([]);
    expect((await fleet.pids())['a']).toBe(a);
    await endTheStubborn();
  });

  test('kill -9 is one that systemd mends', async () => {
    const before = await up();
    const pid = await controller.pid();
    process.kill(pid, 'SIGKILL');
    await controller.another(pid);
    expect(await fleet.pids()).toEqual(before);
    expect((await fleet.fleet('plan')).stdout).toContain('No changes.');
  });

  /** An agent that was taken out of the roster, and does not end for a minute. */
  async function withPendingStop(): Promise<void> {
    fleet.writeRoster(
      [sleeper('a'), stubborn('slow')],
      `defaults: { idle_after: 0s, stop_grace: 60s, working_directory: ${fleet.work} }`,
    );
    await fleet.expect(0, 'install');
    await controller.configure();
    await controller.start();
    await until('both run', async () => Object.keys(await fleet.pids()).length === 2);
    await until('nothing is left to do', async () =>
      (await fleet.fleet('plan')).stdout.includes('No changes.'),
    );
    roster(sleeper('a'));
    await until('it is being stopped', async () => (await slowState()) === 'deactivating');
  }

  const slowState = async (): Promise<string> =>
    (await systemctl('is-active', 'mosaic-agent@slow.service')).stdout.trim();

  async function endTheStubborn(): Promise<void> {
    await systemctl('kill', '--signal=KILL', 'mosaic-agent@slow.service');
    await until('it has ended', async () => (await slowState()) !== 'deactivating');
  }
});

describe('the manager', () => {
  test('may execute itself anew', async () => {
    const before = await up('WatchdogSec=3s', controller.command('500ms'));
    const pid = await controller.pid();
    for (let time = 0; time < 2; time += 1) {
      expect((await systemctl('daemon-reexec')).code).toBe(0);
      roster(sleeper('a', `, class: again${time}`), sleeper('b'));
      expect((await controller.reload()).code).toBe(0);
    }
    // The watchdog is as long as ever, and fed.
    const fed = await controller.property('WatchdogTimestampMonotonic');
    for (let time = 0, last = fed; time < 10; time += 1) {
      last = await until('it is fed', async () => {
        const now = await controller.property('WatchdogTimestampMonotonic');
        return now === last ? null : now;
      });
    }
    expect([await controller.pid(), await controller.property('NRestarts')]).toEqual([pid, '0']);
    expect(await fleet.pids()).toEqual(before);
  });

  test('starts holder and controller at boot, and these the agents', async () => {
    roster(sleeper('a'), sleeper('b'));
    await fleet.expect(0, 'install', '--enable');
    expect(await systemctl('start', 'default.target')).toMatchObject({ code: 0 });
    await until('both run', async () => Object.keys(await fleet.pids()).length === 2);
    await until('it is ready', () => controller.isActive());
    await until('the fleet is whole', async () => (await fleet.fleet('verify')).code === 0);
    // The server is the holder's own: no controller is its parent.
    const server = await fleet.serverPid();
    const cgroup = fs.readFileSync(`/proc/${server}/cgroup`, 'utf8');
    expect(cgroup).toContain('mosaic-tmux-holder.service');
  });

  test('is told by a controller that cannot see tmux that it is ready, and why it does nothing', async () => {
    const before = await up(controller.command('1s'));
    await controller.stop();
    const server = await fleet.serverPid();
    process.kill(server, 'SIGSTOP');
    try {
      expect(await controller.start()).toMatchObject({ code: 0, stderr: '' });
      expect(await controller.property('StatusText')).toContain('unknown');
      expect(await controller.stop()).toMatchObject({ code: 0, stderr: '' });
      expect(await controller.property('Result')).toBe('success');
      await controller.start();
    } finally {
      process.kill(server, 'SIGCONT');
    }
    await until('it sees again', async () =>
      (await controller.property('StatusText')).startsWith('2 agents as they should be'),
    );
    expect(await fleet.pids()).toEqual(before);
  });
});

test('the journal gets a priority in front of each line', async () => {
  fs.writeFileSync(controller.log, '');
  // The manager that runs here has no journal: a file stands for it, named as systemd names the journal's socket.
  const { dev, ino } = fs.statSync(controller.log);
  await up(`Environment=JOURNAL_STREAM=${dev}:${ino}`);
  fs.writeFileSync(fleet.roster, 'version: 1\n');
  const lines = (): readonly string[] => fs.readFileSync(controller.log, 'utf8').trim().split('\n');
  const priorities = (type: string): readonly string[] =>
    lines()
      .filter((line) => line.includes(`"type":"${type}"`))
      .map((line) => line.slice(0, 3));
  await until('it is told', () => priorities('roster_invalid').length > 0);
  expect(lines().filter((line) => !/^<[3-6]>\{.*\}$/.test(line))).toEqual([]);
  expect(new Set(priorities('controller_started'))).toEqual(new Set(['<5>']));
  expect(new Set(priorities('action_start'))).toEqual(new Set(['<6>']));
  expect(new Set(priorities('roster_invalid'))).toEqual(new Set(['<3>']));
});

/** The number of the newest process or thread of this pid namespace. */
const lastPid = (): number => Number(fs.readFileSync('/proc/loadavg', 'utf8').trim().split(' ')[4]);

test('at rest each resync costs one systemctl and one tmux, a report at most at every second, and writes nothing', async () => {
  const counting = countingPath(fleet.directory);
  const before = await up('WatchdogSec=10s', controller.command('1s', counting.path));
  const told = (): readonly string[] =>
    counting.calls().map((call) => call.replace(/^(\S+).*?(list-\w+|WATCHDOG=1).*$/, '$1 $2'));
  const count = (kind: string, kinds = told()): number => kinds.filter((one) => one === kind).length;
  const resyncs = async (more: number): Promise<void> => {
    const last = count('tmux list-sessions') + more;
    await until('it has looked again', () => count('tmux list-sessions') >= last);
  };
  // What the first starts have brought about is a write yet.
  const record = path.join(fleet.state, 'status.json');
  await until(
    'it has written that all is settled',
    () => !/"Progressing",\s+"status": "True"/.test(fs.readFileSync(record, 'utf8')),
  );
  await resyncs(2);
  const calls = counting.calls().length;
  const born = lastPid();
  const files = snapshot(fleet.home, fleet.state, fleet.units);
  const began = performance.now();
  await resyncs(6);
  // Whatever else was started, by whomever, took a number too. A round may have begun before and after.
  expect(lastPid() - born).toBeLessThanOrEqual(counting.calls().length - calls + 3);
  const kinds = told().slice(calls);
  const looks = count('tmux list-sessions', kinds);
  const reports = count('systemd-notify WATCHDOG=1', kinds);
  // The first and the last round may be half in.
  expect(Math.abs(count('systemctl list-units', kinds) - looks)).toBeLessThanOrEqual(1);
  expect(reports).toBeGreaterThanOrEqual(1);
  // By the clock, not by the looks: on a busy machine these take longer than a second, and every one may report.
  expect(reports).toBeLessThanOrEqual(Math.floor((performance.now() - began) / 1400) + 1);
  expect(kinds).toHaveLength(count('systemctl list-units', kinds) + looks + reports);
  expect(snapshot(fleet.home, fleet.state, fleet.units)).toEqual(files);
  expect(await fleet.pids()).toEqual(before);
});
