import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, FleetSandbox, run, sleeper, until } from '../support/fleet-sandbox.js';
import { Terminals } from '../support/terminals.js';

let fleet: FleetSandbox;
let controller: ChildProcess | null = null;
let log = '';

beforeEach(() => {
  fleet = new FleetSandbox();
  log = '';
});
afterEach(async () => {
  await stopController('SIGKILL');
  await fleet.dispose();
});

async function startController(): Promise<void> {
  const child = spawn(process.execPath, [cli, 'run'], {
    env: { ...process.env, ...fleet.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  controller = child;
  await until('the controller has started', () => log.includes('controller_started'));
}

async function stopController(signal: NodeJS.Signals): Promise<number | null> {
  const child = controller;
  controller = null;
  if (child === null) return null;
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  child.kill(signal);
  return ended;
}

const events = (type: string): readonly Record<string, unknown>[] =>
  log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((event) => event['type'] === type);

const settings = (more = ''): string =>
  `defaults: { idle_after: 0s, working_directory: ${fleet.work}${more} }`;
const names = async (): Promise<readonly string[]> => Object.keys(await fleet.pids()).toSorted();

async function up(...agents: readonly string[]): Promise<Readonly<Record<string, number>>> {
  fleet.writeRoster(agents, settings());
  await fleet.expect(0, 'install');
  await startController();
  await until('everyone runs', async () => (await names()).length === agents.length);
  return fleet.pids();
}

describe('the controller', () => {
  test('applies an edit, and heals the dead; nobody else is touched', async () => {
    const before = await up(sleeper('a'), sleeper('b'), sleeper('c'));
    const server = await fleet.serverPid();
    fleet.writeRoster([sleeper('d'), sleeper('c'), sleeper('a', ', env: { X: y }')], settings());
    await until('the edit is applied', async () => (await names()).join() === 'a,c,d');
    await until('a is another process', async () => (await fleet.pids())['a'] !== before['a']);
    process.kill((await fleet.pids())['d'] ?? 0, 'SIGKILL');
    const killed = await fleet.pids();
    await until('d is back', async () => {
      const { d } = await fleet.pids();
      return d !== undefined && d !== killed['d'];
    });
    expect((await fleet.pids())['c']).toBe(before['c']);
    expect(await fleet.serverPid()).toBe(server);
    await until('nothing is left to do', async () =>
      (await fleet.fleet('plan')).stdout.includes('No changes.'),
    );
    await fleet.expect(0, 'verify');
  });

  test('a killed server comes back, and every agent with it', async () => {
    await up(sleeper('a'), sleeper('b'));
    const server = await fleet.serverPid();
    process.kill(server, 'SIGKILL');
    await until(
      'both run on a new server',
      async () => (await names()).length === 2 && (await fleet.serverPid()) !== server,
      30_000,
    );
    await until('the fleet is whole', async () => (await fleet.fleet('verify')).code === 0);
  });

  test.each([
    ['invalid', 'version: 1\ntransport: tmux\nagents: []\n'],
    ['cut off', 'version: 1\ntransport: tm'],
    ['empty', ''],
    ['gone', null],
  ])('a roster that is %s leaves the last good one in force, and is told', async (_, text) => {
    const before = await up(sleeper('a'), sleeper('b'));
    const good = fs.readFileSync(fleet.roster, 'utf8');
    if (text === null) fs.rmSync(fleet.roster);
    else fs.writeFileSync(fleet.roster, text);
    await until('it is told', () => events('roster_invalid').length === 1);
    // What was in force stays so: the dead are still healed.
    process.kill(before['a'] ?? 0, 'SIGKILL');
    await until('a is back', async () => {
      const { a } = await fleet.pids();
      return a !== undefined && a !== before['a'];
    });
    expect((await fleet.pids())['b']).toBe(before['b']);
    fs.writeFileSync(fleet.roster, good);
    await until('it is valid again', () => events('roster_valid').length === 1);
    expect((await fleet.pids())['b']).toBe(before['b']);
  });

  test('stopping, killing and starting it again touches no agent', async () => {
    const before = await up(sleeper('a'), sleeper('b'));
    expect(await stopController('SIGTERM')).toBe(0);
    expect(await fleet.pids()).toEqual(before);
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await startController();
      await until('it has looked', () => events('roster').length > 0);
      await stopController(signal);
      expect(await fleet.pids()).toEqual(before);
    }
    // Killed in the middle of an action: the next start goes on.
    await startController();
    fleet.writeRoster([sleeper('a'), sleeper('b'), sleeper('c'), sleeper('d')], settings());
    await until('it begins', () => log.includes('"agent":"d"'));
    await stopController('SIGKILL');
    await startController();
    await until('all run', async () => (await names()).length === 4);
    const after = await fleet.pids();
    expect([after['a'], after['b']]).toEqual([before['a'], before['b']]);
  });

  test.each([
    ['by itself', 'start', 'echo no key; sleep 0.1; exit 3', 'exited with status 3'],
    [
      'with its unit, whose main process is killed',
      'restart',
      'kill -KILL $(systemctl --user show --value -p MainPID mosaic-agent@bad.service)',
      'its agent-run.sh was killed, which ends its unit',
    ],
  ])(
    'an agent that keeps ending %s is tried ever later, then given up; %s is another chance',
    async (_, word, end, told) => {
      const flag = path.join(fleet.work, 'works');
      const agent = `{ name: bad, runtime: sleeper, command: [sh, -c, "test -e ${flag} && exec sleep 1000; ${end}"] }`;
      fleet.writeRoster(
        [sleeper('a'), agent],
        settings(', backoff: { base: 200ms, max: 1s, stall_after: 3 }'),
      );
      await fleet.expect(0, 'install');
      await startController();
      await until('it is given up', () => events('deferred').some(({ gate }) => gate === 'stalled'), 30_000);
      expect(events('action_start').filter(({ agent: name }) => name === 'bad')).toHaveLength(3);
      const { stdout } = await fleet.expect(0, 'status');
      expect(stdout).toMatch(/bad +sleeper +worker +Stalled /);
      expect(stdout).toContain(told);
      expect((await fleet.expect(6, 'apply')).stdout).toContain('stalled: ended 3 times in a row; given up');
      // A new controller has not forgotten.
      await stopController('SIGTERM');
      log = '';
      await startController();
      await until('it has looked', () => events('deferred').some(({ gate }) => gate === 'stalled'));
      expect(events('action_start')).toEqual([]);
      fs.writeFileSync(flag, '');
      await fleet.expect(0, word, 'bad');
      expect(await names()).toEqual(['a', 'bad']);
      const failures: unknown = JSON.parse(fs.readFileSync(path.join(fleet.state, 'failures.json'), 'utf8'));
      // The end that nobody had acted upon any more is forgiven with the others.
      expect(failures).toMatchObject({ agents: { bad: { count: 0, stalled: false } } });
    },
  );

  test('holds and approvals by other commands are taken up at once', async () => {
    const lead = (more: string): string => sleeper('lead', `, persistent_persona: true${more}`);
    const before = await up(lead(''), sleeper('b'));
    fleet.writeRoster([lead(', env: { A: "1" }'), sleeper('b')], settings());
    await until('it waits', () => events('deferred').some(({ gate }) => gate === 'needs-approval'));
    expect((await fleet.pids())['lead']).toBe(before['lead']);
    const approved = await fleet.expect(0, 'approve', 'lead');
    expect(approved.stdout).toMatch(/The controller \(pid [0-9]+\) applies it by itself/);
    await until('it is done', async () => {
      const { lead: pid } = await fleet.pids();
      return pid !== undefined && pid !== before['lead'];
    });
    await fleet.expect(0, 'stop', 'b');
    const { lead: killed } = await fleet.pids();
    process.kill(killed ?? 0, 'SIGKILL');
    await until('lead is back', async () => {
      const { lead: pid } = await fleet.pids();
      return pid !== undefined && pid !== killed;
    });
    expect(await names()).toEqual(['lead']);
    await fleet.expect(0, 'release', 'b');
    await until('b is back', async () => (await names()).length === 2);
  });

  test('events, explain and wait tell what was done and why', async () => {
    // Of its screen nothing is known: it is ready when it runs.
    const plain = (name: string, more = ''): string => sleeper(name, more).replace('demo', 'other');
    await up(plain('a'), plain('b'));
    await fleet.expect(0, 'wait', '--for', 'ready', '--timeout', '10s');
    const { controller } = JSON.parse((await fleet.expect(0, 'status', '--json')).stdout) as {
      controller: { pid: number };
    };
    expect((await fleet.expect(0, 'status')).stdout).toMatch(
      new RegExp(`^Roster .* holder active, tmux server [0-9]+, controller ${controller.pid}\n`),
    );
    fleet.writeRoster([plain('a', ', persistent_persona: true, env: { A: "1" }'), plain('b')], settings());
    await until('it waits', () => events('deferred').some(({ gate }) => gate === 'needs-approval'));
    const explained = (await fleet.expect(0, 'explain', 'a')).stdout;
    expect(explained).toContain('a is Running');
    expect(explained).toMatch(/declared in .*roster\.yaml:6, wanted running/);
    expect(explained).toContain('because env.A changed');
    expect(explained).toContain('go on with: fleet approve a');
    expect(explained).toMatch(/action_complete +a +start +not running/);
    const told = (await fleet.expect(0, 'events', '--for', 'a', '--json')).stdout.trimEnd().split('\n');
    expect(told.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      'action_complete',
      'deferred',
    ]);
    expect((await fleet.expect(0, 'events')).stdout).toContain('controller_started');
    expect((await fleet.expect(5, 'wait', '--for', 'stopped', 'a', '--timeout', '300ms')).stderr).toContain(
      'a (Running',
    );
    await fleet.expect(0, 'stop', 'a');
    await fleet.expect(0, 'wait', '--for', 'stopped', 'a', '--timeout', '10s');
  });

  test('what fails at once is not tried in a hot loop', async () => {
    const before = await up(sleeper('a'));
    // A directory in the place of the launch record: every try fails, and no end is ever written down.
    fs.mkdirSync(path.join(fleet.home, 'fleet', 'agents', 'b.launch'), { recursive: true });
    fleet.writeRoster([sleeper('a'), sleeper('b')], settings(', backoff: { base: 60s }'));
    await until('it was tried twice', () => events('action_failed').length === 2);
    process.kill(before['a'] ?? 0, 'SIGKILL');
    await until('a is back', async () => {
      const { a } = await fleet.pids();
      return a !== undefined && a !== before['a'];
    });
    expect((await fleet.expect(0, 'explain', 'b')).stdout).toMatch(
      /to be done: start[^]* tried \S+ ago, and failed: not attempted: /,
    );
    // In the meantime b was not tried once more.
    expect(events('action_failed').map(({ agent }) => agent)).toEqual(['b', 'b']);
  });

  test('one slow stop keeps neither other agents nor the operator waiting', async () => {
    const slow = `{ name: slow, runtime: sleeper, command: [sh, -c, "trap '' HUP TERM; while :; do sleep 0.2; done"]`;
    const grace = settings(', stop_grace: 20s');
    fleet.writeRoster([sleeper('a'), `${slow} }`], grace);
    await fleet.expect(0, 'install');
    await startController();
    await until('both run', async () => (await names()).length === 2);
    fleet.writeRoster([sleeper('a'), `${slow}, suspend: true }`, sleeper('b')], grace);
    await until('b runs', async () => (await names()).includes('b'), 10_000);
    await fleet.expect(0, 'stop', 'a');
    // A second after the edit the slow one is hung up.
    await until('b alone has a session', async () => (await names()).join() === 'b', 5000);
    // The slow one is still at it, under its own unit.
    const { stdout } = await run('systemctl', [
      '--user',
      'show',
      '--value',
      '-p',
      'ActiveState',
      'mosaic-agent@slow.service',
    ]);
    expect(stdout.trim()).toBe('deactivating');
  });

  test('a second one refuses', async () => {
    await up(sleeper('a'));
    const second = await fleet.expect(5, 'run');
    expect(second.stderr).toContain(`a controller is running already: pid ${controller?.pid}`);
  });

  test('by hand it does not outlive its terminal, on which SIGHUP is a reload', async () => {
    fleet.writeRoster([sleeper('a')], settings());
    await fleet.expect(0, 'install');
    const terminals = new Terminals(fleet);
    await terminals.open('run', 'told', [process.execPath, cli, 'run']);
    await until('a runs', async () => (await names()).length === 1);
    const request = path.join(fleet.state, 'reload');
    fs.writeFileSync(request, '');
    process.kill(terminals.pid('run') ?? 0, 'SIGHUP');
    await until('the request is answered', () => !fs.existsSync(request));
    expect(await terminals.close()).toEqual({ run: 0 });
    expect(await names()).toEqual(['a']);
    await startController();
  });

  test('under systemd it reports ready and its status, and is restarted', async () => {
    fleet.writeRoster([sleeper('a')], settings());
    await fleet.expect(0, 'install', '--enable');
    const systemctl = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await run('systemctl', ['--user', ...args]);
      expect([code, stderr]).toEqual([0, '']);
      return stdout;
    };
    const show = (property: string): Promise<string> =>
      systemctl('show', '--value', '-p', property, 'mosaic-fleet.service').then((text) => text.trim());
    await systemctl('start', 'mosaic-fleet.service');
    expect(await show('ActiveState')).toBe('active');
    await until('a runs', async () => (await names()).length === 1);
    const before = await fleet.pids();
    await until('its status tells', async () =>
      (await show('StatusText')).includes('agents as they should be'),
    );
    const status = JSON.parse((await fleet.expect(0, 'status', '-o', 'json')).stdout) as {
      controller: object;
    };
    expect(status.controller).toMatchObject({ running: true, pid: Number(await show('MainPID')) });
    process.kill(Number(await show('MainPID')), 'SIGKILL');
    await until(
      'it is back',
      async () => (await show('ActiveState')) === 'active' && (await show('NRestarts')) === '1',
    );
    await systemctl('stop', 'mosaic-fleet.service');
    expect(await fleet.pids()).toEqual(before);
  });
});
