import { afterEach, beforeEach, expect, test } from 'vitest';
import { adoptSessions } from '../../src/actuators/tmux-sessions.js';
import { exec } from '../../src/host/exec.js';
import { FleetSandbox, run, sleeper, until } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(async () => {
  fleet = new FleetSandbox();
  fleet.writeRoster([sleeper('a')]);
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
});
afterEach(() => fleet.dispose());

const panes = (): Promise<string> =>
  fleet.tmux('list-panes', '-a', '-F', '#{session_name} #{pane_id} #{pane_pid} #{@fleet_agent}');
const pane = (target: string): Promise<string> =>
  fleet.tmux('display-message', '-p', '-t', target, '#{pane_id}');

const unit = async (agent: string): Promise<string> =>
  (await run('systemctl', ['--user', 'is-active', `mosaic-agent@${agent}.service`])).stdout.trim();

test("a human's session is taken in without an end, is the fleet's from then on, and contained from its restart", async () => {
  await fleet.tmux('new-session', '-d', '-s', 'v1_2', '-c', fleet.work, 'exec sleep 777');
  const { a } = await fleet.pids();
  const before = await panes();

  // Not in the roster yet: the entry to add is printed.
  const missing = await fleet.expect(64, 'export', '--adopt', 'v1.2');
  expect(missing.stderr).toContain('v1.2 is not in the roster\nAdd an entry as printed');
  expect(missing.stdout).toMatch(
    /^ {2}- name: v1\.2\n {4}runtime: # which\? \(pid \d+, working_directory: .*work, command: \["sleep","777"\]\)\n$/,
  );
  fleet.writeRoster([sleeper('a'), sleeper('v1.2', ', env: { K: "1" }')]);
  const blocked = await fleet.expect(6, 'apply');
  expect(blocked.stdout).toContain('blocked: session v1_2 was not created by fleet');
  expect(blocked.stdout).toContain('fleet export --adopt v1.2');
  expect(await panes()).toBe(before);

  const adopted = await fleet.expect(0, 'export', '--adopt', 'v1.2');
  expect(adopted.stdout).toContain('Applied: 1 adopted.');
  const mine = (await fleet.pids())['v1.2'];
  expect(before).toContain(`v1_2 ${await pane('=v1_2:')} ${mine}`);
  const planned = await fleet.expect(0, 'plan');
  expect(planned.stdout).toContain('No changes. 2 agents match the roster.');
  expect(planned.stdout).toContain('v1.2: was adopted; a unit of its own contains it from its next restart');
  expect((await fleet.expect(0, 'status')).stdout).toContain('adopted: contained from its next restart');
  expect((await fleet.expect(0, 'export', '--adopt', 'v1.2')).stdout).toBe(
    "v1.2 is the fleet's already. Nothing was changed.\n",
  );
  expect((await fleet.expect(0, 'events', '--for', 'v1.2')).stdout).toContain('adopt');
  // What was adopted can be exported, too; its env is that of the roster.
  expect((await fleet.expect(0, 'export', '--show-env')).stdout).toMatch(/name: v1\.2\n[^]*K: "1"\n/);

  expect(await unit('v1.2')).toBe('inactive');
  await fleet.expect(0, 'restart', 'v1.2');
  expect(await unit('v1.2')).toBe('active');
  const { 'v1.2': restarted, ...others } = await fleet.pids();
  expect(restarted).not.toBe(mine);
  expect(others).toEqual({ a });
  await fleet.expect(0, 'verify');
});

test('an adopted session that ends is started again by its unit, and one that leaves the roster is stopped', async () => {
  for (const name of ['b', 'c']) await fleet.tmux('new-session', '-d', '-s', name, 'exec sleep 777');
  fleet.writeRoster([sleeper('a'), sleeper('b'), sleeper('c')]);
  await fleet.expect(0, 'export', '--adopt', 'b');
  await fleet.expect(0, 'export', '--adopt', 'c');
  process.kill((await fleet.pids())['b'] ?? Number.NaN);
  await until('b is gone', async () => (await fleet.pids())['b'] === undefined);
  fleet.writeRoster([sleeper('a'), sleeper('b')]);
  await fleet.expect(0, 'apply');
  expect(Object.keys(await fleet.pids()).toSorted()).toEqual(['a', 'b']);
  expect([await unit('b'), await panes()]).toEqual(['active', expect.not.stringContaining('\nc ')]);
});

test('several panes are told apart by --pane, and what is not to be had is refused', async () => {
  fleet.writeRoster([sleeper('a'), sleeper('b'), sleeper('s', ', suspend: true'), sleeper('none')]);
  await fleet.tmux('new-session', '-d', '-s', 'b', 'exec sleep 777');
  await fleet.tmux('new-session', '-d', '-s', 's', 'exec sleep 777');
  await fleet.tmux('split-window', '-d', '-t', '=b:', 'exec sleep 778');
  const [first = '', second = ''] = (await fleet.tmux('list-panes', '-t', '=b:', '-F', '#{pane_id}')).split(
    '\n',
  );
  const before = await panes();
  const refuse = async (code: number, says: string, ...words: readonly string[]): Promise<void> => {
    const { stderr } = await fleet.expect(code, 'export', '--adopt', ...words);
    expect(stderr).toContain(says);
    expect(stderr).toContain('Nothing was changed');
    expect(await panes()).toBe(before);
  };
  await refuse(64, `session b has several panes: ${first} (pid `, 'b');
  await refuse(64, `Say which is the agent's: fleet export --adopt b --pane ${first}`, 'b');
  await refuse(64, 'session b has no pane %99; it has', 'b', '--pane', '%99');
  await refuse(1, 's is suspended in the roster', 's');
  await refuse(1, 'no session is called none; fleet apply starts none', 'none');
  await refuse(64, 'bb is not in the roster (did you mean b?)', 'bb');
  await refuse(64, '_holder is not in the roster', '_holder');

  await fleet.expect(0, 'export', '--adopt', 'b', '--pane', second);
  expect(await fleet.tmux('display-message', '-p', '-t', '=b:', '#{@fleet_pane}')).toBe(second);
});

test("a session with another home's marks, and a dead pane, are refused", async () => {
  fleet.writeRoster([sleeper('a'), sleeper('b'), sleeper('d')]);
  await fleet.tmux('new-session', '-d', '-s', 'b', 'exec sleep 777');
  await fleet.tmux('set-option', '-t', '=b:', '@fleet_home', '/elsewhere');
  await fleet.tmux('set-option', '-t', '=b:', '@fleet_agent', 'b');
  expect((await fleet.expect(1, 'export', '--adopt', 'b')).stderr).toContain(
    'session b belongs to /elsewhere\nNothing was changed',
  );
  await fleet.tmux(
    'new-session',
    '-d',
    '-s',
    'd',
    'exec sleep 777',
    ';',
    'set-option',
    '-w',
    '-t',
    '=d:',
    'remain-on-exit',
    'on',
  );
  process.kill(Number(await fleet.tmux('display-message', '-p', '-t', '=d:', '#{pane_pid}')));
  await until(
    'the pane is dead',
    async () => (await fleet.tmux('display-message', '-p', '-t', '=d:', '#{pane_dead}')) === '1',
  );
  expect((await fleet.expect(1, 'export', '--adopt', 'd')).stderr).toContain(
    'the pane of session d is dead; nothing runs in it\nNothing was changed',
  );
});

test('marks arrive as they are, and only on the process that was seen, in a session without marks', async () => {
  await fleet.tmux('new-session', '-d', '-s', 'b', 'exec sleep 777');
  const [session = '', id = '', pid = ''] = (
    await fleet.tmux('display-message', '-p', '-t', '=b:', '#{session_id} #{pane_id} #{pane_pid}')
  ).split(' ');
  const marks = { agent: 'b', session, pane: id, pid: Number(pid), spec: 'v1:s', context: 'v1:c' };
  const home = `/it's "#{pid}" $HOME ~ \\ ; #`;
  // (3.4 prints a backslash before the `$` of a variable.)
  const shown = async (): Promise<string> =>
    (
      await fleet.tmux('display-message', '-p', '-t', '=b:', '#{@fleet_home}|#{@fleet_agent}|#{@fleet_pane}')
    ).replaceAll('\\$', '$');
  expect(await adoptSessions(exec, fleet.socket, home, [{ ...marks, pid: marks.pid + 1 }])).toBeNull();
  expect(await adoptSessions(exec, fleet.socket, home, [{ ...marks, session: '$9999' }])).toBeNull();
  expect(await shown()).toBe('||');
  expect(await adoptSessions(exec, fleet.socket, home, [marks])).toBeNull();
  expect(await shown()).toBe(`${home}|b|${id}`);
  expect(await adoptSessions(exec, fleet.socket, '/other', [{ ...marks, agent: 'x' }])).toBeNull();
  expect(await shown()).toBe(`${home}|b|${id}`);
});
