import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FleetSandbox, run, sleeper, snapshot } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

/** Everything a wrong hand could have touched. */
const liveState = async (): Promise<unknown> => [
  await fleet.tmux(
    'list-panes',
    '-a',
    '-F',
    '#{session_id} #{session_name} #{pane_id} #{pane_pid} #{pane_dead} #{@fleet_spec}',
  ),
  snapshot(fleet.home, fleet.units),
];

describe('only what fleet owns is touched', () => {
  beforeEach(async () => {
    fleet.writeRoster([sleeper('a'), sleeper('b')]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
  });

  test("a human's split pane is nobody's drift, and neither it nor the agent is touched", async () => {
    await fleet.tmux('split-window', '-d', '-t', '=a:', 'sleep 1000');
    const before = await liveState();
    const { stdout } = await fleet.expect(0, 'apply');
    expect(stdout).toBe('No changes. 2 agents match the roster.\n');
    expect(await liveState()).toEqual(before);
  });

  test('a session without its mark of the configuration is as its record says, and verify tells', async () => {
    await fleet.tmux('set-option', '-u', '-t', '=a:', '@fleet_spec');
    const before = await liveState();
    expect((await fleet.expect(0, 'apply')).stdout).toBe('No changes. 2 agents match the roster.\n');
    expect(await liveState()).toEqual(before);
    expect((await fleet.expect(1, 'verify')).stdout).toContain('its mark @fleet_spec was taken off');
    await fleet.expect(0, 'restart', 'a');
    await fleet.expect(0, 'verify');
  });

  test.each(['@fleet_agent', '@fleet_home'])(
    'of a session without its mark %s the way out is told, and is one',
    async (mark) => {
      await fleet.tmux('set-option', '-u', '-t', '=a:', mark);
      const before = await liveState();
      const told: string[] = [];
      for (const [code, ...words] of [
        [0, 'plan'],
        [4, 'plan', '--detailed-exitcode'],
        [4, 'apply'],
        [0, 'status'],
        [1, 'verify'],
        [0, 'explain', 'a'],
      ] as const) {
        // prettier-ignore
        const { stdout } = await fleet.expect(code, ...words);
        expect(stdout).toContain(`session a has lost its mark ${mark}; if it is this agent: tmux -L `);
        expect(stdout).not.toContain('was not created by fleet');
        told.push(/(tmux -L .*)$/m.exec(stdout)?.[1] ?? '');
      }
      // It is not a matter of time, as NotReady would be.
      const { stdout } = await fleet.expect(4, 'agent', 'send', 'a', '-m', 'x', '--timeout', '1ms', '--json');
      const message = expect.stringMatching(
        /^session a has lost its mark [^;]*; if it is this agent: [^;]*$/,
      ) as string;
      expect(JSON.parse(stdout)).toMatchObject({ status: 'refused', reason: 'Foreign', message });
      for (const [code, ...words] of [
        [4, 'agent', 'tail', 'a'],
        [5, 'wait', 'a', '--timeout', '1ms'],
      ] as const)
        expect((await fleet.expect(code, ...words)).stderr).toMatch(/^a.*: session a has lost its mark /m);
      expect(await liveState()).toEqual(before);
      expect(new Set(told).size).toBe(1);
      expect((await run('bash', ['-c', told[0] ?? ''])).code).toBe(0);
      expect((await fleet.expect(0, 'apply')).stdout).toBe('No changes. 2 agents match the roster.\n');
      await fleet.expect(0, 'verify');
    },
  );

  test('a stop tells whom it has held without seeing how he is, and it lets the others end', async () => {
    await fleet.tmux('set-option', '-t', '=b:', '@fleet_home', '/another/home');
    const { stdout, stderr } = await fleet.expect(4, 'stop', 'a', 'b');
    expect(stdout).toMatch(/\? +b +unknown /);
    expect(stderr).toBe('Unknown, and not stopped: b. Held all the same, until: fleet start b\n');
    expect(Object.keys(await fleet.pids())).toEqual(['b']);
    await fleet.tmux('set-option', '-t', '=b:', '@fleet_home', fleet.home);
    // Its session is fleet's own, and it is unknown all the same: the server goes on.
    const pane = await fleet.tmux('show-options', '-v', '-t', '=b:', '@fleet_pane');
    await fleet.tmux('set-option', '-t', '=b:', '@fleet_pane', '%99');
    expect((await fleet.expect(4, 'stop')).stderr).toBe(
      'Unknown, and not stopped: b. Held all the same, until: fleet start\nthe holder was left running: whether b lives on its server cannot be told\n',
    );
    await fleet.tmux('set-option', '-t', '=b:', '@fleet_pane', pane);
    expect(Object.keys(await fleet.pids())).toEqual(['b']);
    expect((await fleet.expect(0, 'stop', 'b')).stderr).toBe('');
  });

  test('a second home is refused, and its roster prunes nothing', async () => {
    const other = path.join(fleet.directory, 'other');
    fs.mkdirSync(path.join(other, 'fleet'), { recursive: true });
    fs.writeFileSync(
      path.join(other, 'fleet', 'roster.yaml'),
      fs.readFileSync(fleet.roster, 'utf8').replace(/^ {2}- \{ name: b.*$/m, ''),
    );
    const before = await liveState();
    for (const command of [['apply'], ['install'], ['stop'], ['restart', 'a'], ['start'], ['uninstall']]) {
      const result = await fleet.fleet('--mosaic-home', other, ...command);
      expect([command[0], result.code, result.stderr]).toEqual([
        command[0],
        69,
        expect.stringContaining(`installed for another home: ${fleet.home}`),
      ]);
    }
    const planned = await fleet.fleet('--mosaic-home', other, 'plan');
    expect(planned.stderr).toContain('apply would refuse');
    expect(planned.stdout).not.toMatch(/ stop /);
    expect(await liveState()).toEqual(before);
  });

  test('a roster that is not the installed one prunes nothing', async () => {
    const strange = path.join(fleet.directory, 'strange.yaml');
    fs.writeFileSync(strange, fs.readFileSync(fleet.roster, 'utf8').replace(/^ {2}- \{ name: b.*$/m, ''));
    const before = await liveState();
    const result = await fleet.fleet('apply', '--roster', strange);
    expect(result.code).toBe(69);
    expect(result.stderr).toContain(`roster: installed for ${fleet.roster}, this command has ${strange}`);
    expect((await fleet.fleet('--roster', strange, 'plan')).stderr).toContain('apply would refuse');
    expect(await liveState()).toEqual(before);
  });

  test('another TMUX_TMPDIR shows no sessions, and that is unknown, not absent', async () => {
    const elsewhere = path.join(fleet.directory, 'tmux');
    fs.mkdirSync(elsewhere);
    const before = await liveState();
    const env = { TMUX_TMPDIR: elsewhere };
    const planned = await fleet.fleetWith({ env }, 'plan');
    expect(planned.code).toBe(69);
    expect(planned.stdout).toMatch(/\? +a +unknown +no tmux server answers on socket .*another TMUX_TMPDIR/);
    const applied = await fleet.fleetWith({ env }, 'apply');
    expect(applied.code).toBe(69);
    expect(applied.stderr).toContain(`TMUX_TMPDIR: installed for`);
    expect((await fleet.fleetWith({ env }, 'stop')).code).toBe(69);
    expect(await liveState()).toEqual(before);
  });

  test('another state directory than the recorded one is not purged, nor is anything else', async () => {
    await fleet.expect(0, 'stop');
    const elsewhere = path.join(fleet.directory, 'elsewhere');
    fs.mkdirSync(path.join(elsewhere, 'mosaic', 'fleet', 'conversations'), { recursive: true });
    const before = snapshot(fleet.home, fleet.units, fleet.state, elsewhere);
    const refused = await fleet.fleetWith({ env: { XDG_STATE_HOME: elsewhere } }, 'uninstall', '--purge');
    expect([refused.code, refused.stderr]).toEqual([
      69,
      expect.stringContaining(`state directory: installed for ${fleet.state}, this command has`),
    ]);
    expect(snapshot(fleet.home, fleet.units, fleet.state, elsewhere)).toEqual(before);
    // Which roster it was installed for is on record.
    fs.renameSync(fleet.roster, `${fleet.roster.slice(0, -'.yaml'.length)}.json`);
    await fleet.expect(0, 'uninstall', '--purge');
    expect(fs.existsSync(fleet.state)).toBe(false);
    expect((await fleet.expect(0, 'uninstall', '--purge')).stdout).toBe('Nothing was installed.\n');
    expect(fs.existsSync(fleet.state)).toBe(false);
  });

  test('a home that was moved away is uninstalled as install says, and installed where it is', async () => {
    await fleet.expect(0, 'stop');
    const moved = `${fleet.home} 2`;
    fs.renameSync(fleet.home, moved);
    const refused = await fleet.fleet('--mosaic-home', moved, 'install');
    expect(refused.code).toBe(69);
    expect(refused.stderr).toContain(`fleet --mosaic-home ${fleet.home} uninstall`);
    expect((await fleet.expect(0, '--mosaic-home', fleet.home, 'uninstall')).stdout).toContain(
      'mosaic-agent@.service',
    );
    expect(fs.existsSync(fleet.home)).toBe(false);
    for (const words of [['install'], ['start'], ['verify']])
      expect((await fleet.fleet('--mosaic-home', moved, ...words)).code).toBe(0);
  });

  test('a new socket in the roster is refused while the fleet lives, and moved by stop, install, start', async () => {
    const socket = `${fleet.socket}-moved`;
    const text = fs.readFileSync(fleet.roster, 'utf8');
    fs.writeFileSync(fleet.roster, text.replace(`socket_name: ${fleet.socket} `, `socket_name: ${socket} `));
    const before = await fleet.pids();
    const refused = await fleet.expect(69, 'apply');
    expect(refused.stderr).toContain('fleet stop, fleet install, fleet start');
    expect((await fleet.expect(69, 'install')).stderr).toContain('fleet stop, fleet install, fleet start');
    expect(await fleet.pids()).toEqual(before);
    await fleet.expect(0, 'stop');
    expect(await fleet.tmux('list-sessions')).toBe('');
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'start');
    expect(
      (await run('tmux', ['-u', '-L', socket, 'list-sessions', '-F', '#{session_name}'])).stdout
        .split('\n')
        .toSorted(),
    ).toEqual(['', '_holder', 'a', 'b']);
    await fleet.expect(0, 'verify');
  });

  test('a foreign session with a roster name blocks that agent; a stranger is left alone and keeps the holder', async () => {
    await fleet.tmux('new-session', '-d', '-s', 'c', 'sleep 1000');
    await fleet.tmux('new-session', '-d', '-s', 'str\u001b[31mange; rm -rf', 'sleep 1000');
    fleet.writeRoster([sleeper('a'), sleeper('c')]);
    const { stdout } = await fleet.expect(6, 'apply');
    expect(stdout).toMatch(/\+ +c +start +not running +blocked: session c was not created by fleet/);
    expect(stdout).toMatch(/ b +stop /);
    expect(stdout).not.toContain('\u001b[31m');
    const names = await fleet.tmux('list-sessions', '-F', '#{session_name}');
    expect(names.split('\n')).toContain('c');
    const stopped = await fleet.expect(4, 'stop');
    expect(stopped.stderr).toContain('the holder was left running');
    expect((await fleet.tmux('list-sessions', '-F', '#{session_name}')).split('\n')).toContain('c');
    expect(Object.keys(await fleet.pids())).toEqual([]);
  });

  test('a renamed session is still the agent it was', async () => {
    const before = await fleet.pids();
    await fleet.tmux('rename-session', '-t', '=a:', 'zzz');
    expect((await fleet.expect(0, 'apply')).stdout).toContain('No changes.');
    expect(await fleet.pids()).toEqual(before);
    expect((await fleet.expect(1, 'verify')).stdout).toContain('its session was renamed from a to zzz');
    await fleet.expect(0, 'restart', 'a');
    await fleet.expect(0, 'verify');
  });
});

test('a unit that fleet did not start keeps its session, also when the whole fleet is stopped', async () => {
  fleet.writeRoster([sleeper('a')]);
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  const unit = path.join(fleet.units, 'mosaic-agent@ext.service');
  const start = `/usr/bin/tmux -L ${fleet.socket} new-session -d -s ext "exec sleep 901"`;
  fs.writeFileSync(unit, `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=${start}\n`);
  await run('systemctl', ['--user', 'daemon-reload']);
  await run('systemctl', ['--user', 'start', 'mosaic-agent@ext.service']);
  expect((await fleet.expect(0, 'plan')).stdout).toContain(
    'ext: unit was not started by this fleet; left alone',
  );
  expect((await fleet.expect(4, 'stop')).stderr).toContain('the holder was left running');
  expect(await fleet.tmux('list-sessions', '-F', '#{session_name}')).toContain('ext');
});

describe('names', () => {
  test('a, a-2 and a.0 each get their own session, and stopping one leaves the others', async () => {
    fleet.writeRoster([sleeper('a'), sleeper('a-2'), sleeper('a.0')]);
    await fleet.expect(0, 'install');
    await fleet.expect(0, 'apply');
    const listing = await fleet.tmux('list-sessions', '-F', '#{session_name} #{@fleet_agent}');
    expect(listing.split('\n').toSorted()).toEqual(['_holder ', 'a a', 'a-2 a-2', 'a_0 a.0']);
    const before = await fleet.pids();
    await fleet.expect(0, 'stop', 'a');
    const { a, ...others } = before;
    expect(a).toBeGreaterThan(0);
    expect(await fleet.pids()).toEqual(others);
    await fleet.expect(0, 'stop', 'a.0');
    expect(await fleet.pids()).toEqual({ 'a-2': before['a-2'] });
  });
});
