import { spawn } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, FleetSandbox, sleeper, until } from '../support/fleet-sandbox.js';
import { startPredecessor } from '../support/predecessor.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

/** Pane processes by session, whoever's. */
const panes = async (): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    (await fleet.tmux('list-panes', '-a', '-F', '#{session_name} #{pane_pid}'))
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );

const takenOver = async (...names: readonly string[]): Promise<Readonly<Record<string, string>>> => {
  await startPredecessor(fleet, names);
  const before = await panes();
  expect(Object.keys(before).toSorted()).toEqual(['_holder', ...names]);
  fleet.writeRoster(
    names.map((name) => sleeper(name)),
    `defaults: { idle_after: 0s, working_directory: ${fleet.work} }`,
  );
  await fleet.expect(0, 'install');
  return before;
};

test('the predecessor’s fleet is taken over without an end of any session', async () => {
  const before = await takenOver('a', 'b');
  const planned = await fleet.expect(0, 'plan');
  expect(planned.stdout).toMatch(/= +a +adopt/);
  expect((await fleet.expect(0, 'apply')).stdout).toContain('Applied: 2 adopted.');
  expect(await panes()).toEqual(before);

  const after = await fleet.expect(0, 'plan');
  expect(after.stdout).toContain('No changes. 2 agents match the roster.');
  for (const name of ['a', 'b'])
    expect(after.stdout).toContain(
      `${name}: was adopted; a unit of its own contains it from its next restart`,
    );
  expect(after.stdout).toMatch(/-\/\+ _holder {2}restart {2}started by the predecessor's unit/);
  expect(after.stdout).toContain(
    'needs approval: it ends every session on the server (fleet approve _holder)',
  );
  expect(after.stdout).toContain('a: restarted, with no conversation to lose');
  const { holder, actions } = JSON.parse((await fleet.expect(0, 'plan', '--json')).stdout) as {
    holder: object;
    actions: unknown[];
  };
  expect(actions).toEqual([]);
  expect(holder).toMatchObject({
    session: '_holder',
    action: 'restart',
    gate: 'needs-approval',
    agents: [{ agent: 'a' }, { agent: 'b' }],
  });
  const status = (await fleet.expect(0, 'status')).stdout;
  expect(status).toContain("of the predecessor's (replaced only on approval: fleet approve _holder)");
  expect(status.match(/adopted: contained from its next restart/g)).toHaveLength(2);
  expect((await fleet.expect(1, 'verify')).stdout).toContain('replaced on approval: fleet approve _holder');
  // Nothing that does not name the holder replaces it.
  expect((await fleet.expect(0, 'approve', '--all')).stdout).toBe('Nothing waits for approval.\n');
  await fleet.expect(0, 'apply', '--now', '--confirm');
  expect(await panes()).toEqual(before);

  // An agent's own restart, on the old server: its unit is new then, and the rest as it was.
  await fleet.expect(0, 'restart', 'a');
  const restarted = await panes();
  expect(restarted['a']).not.toBe(before['a']);
  expect({ ...restarted, a: '' }).toEqual({ ...before, a: '' });
  const once = (await fleet.expect(0, 'plan')).stdout;
  expect(once).not.toContain('a: was adopted');
  expect(once).toContain('b: was adopted');
});

test('the holder is replaced once it is approved by its name, and everything is in its own unit then', async () => {
  const before = await takenOver('a', 'b');
  await fleet.expect(0, 'apply');
  const oldServer = await fleet.serverPid();
  expect((await fleet.expect(64, 'approve', 'holder')).stderr).toContain('holder is not in the roster');
  const approved = await fleet.expect(0, 'approve', '_holder');
  expect(approved.stdout).toContain(
    'Approved: the holder _holder is replaced; every session on its server ends',
  );
  expect(approved.stdout).toContain('  b: restarted, with no conversation to lose');
  const planned = (await fleet.expect(0, 'plan')).stdout;
  expect(planned).toMatch(/-\/\+ a +restart +the holder is replaced/);
  expect((await fleet.expect(64, 'apply', '--only', 'a')).stderr).toContain('fleet apply without --only');
  const { stdout } = await fleet.expect(0, 'apply');
  expect(stdout).toContain('✓ the holder was replaced');
  expect(stdout).toContain('Applied: 2 restarted.');
  const after = await panes();
  expect(Object.keys(after).toSorted()).toEqual(['_holder', 'a', 'b']);
  for (const name of ['_holder', 'a', 'b']) expect(after[name], name).not.toBe(before[name]);
  expect(await fleet.serverPid()).not.toBe(oldServer);
  expect((await fleet.expect(0, 'plan')).stdout).toBe('No changes. 2 agents match the roster.\n');
  await fleet.expect(0, 'verify');
  expect((await fleet.expect(1, 'approve', '_holder')).stderr).toContain("the holder is fleet's own");
});

test('a session that fleet did not create, and a held agent, keep the holder', async () => {
  await takenOver('a');
  await fleet.expect(0, 'apply');
  await fleet.tmux('new-session', '-d', '-s', 'mine', 'sleep infinity');
  const before = await panes();
  expect((await fleet.expect(0, 'plan')).stdout).toContain(
    'blocked: sessions that fleet did not create live on its server: mine; end them first',
  );
  expect((await fleet.expect(1, 'approve', '_holder')).stderr).toContain(
    'mine; end them first\nNothing was approved',
  );
  await fleet.tmux('kill-session', '-t', '=mine');
  await fleet.expect(0, 'hold', 'a');
  expect((await fleet.expect(1, 'approve', '_holder')).stderr).toContain('a is held; fleet release a first');
  await fleet.expect(0, 'release', 'a');
  await fleet.expect(0, 'approve', '_holder');
  // Opened after the approval: it is looked for again.
  await fleet.tmux('new-session', '-d', '-s', 'mine', 'sleep infinity');
  const { mine } = await panes();
  await fleet.expect(0, 'apply');
  expect(await panes()).toEqual({ ...before, mine });
});

test('the controller replaces an approved holder by itself, once', async () => {
  const before = await takenOver('a', 'b', 'c');
  await fleet.expect(0, 'apply');
  const controller = spawn(process.execPath, [cli, 'run'], {
    env: { ...process.env, ...fleet.env },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => controller.on('exit', resolve));
  try {
    await fleet.expect(0, 'approve', '_holder');
    await until('everyone is up on a new server', async () => {
      const now: Readonly<Record<string, string>> = await panes().catch(() => ({}));
      return ['_holder', 'a', 'b', 'c'].every(
        (name) => now[name] !== undefined && now[name] !== before[name],
      );
    });
    const server = await fleet.serverPid();
    await until('verify is clean', async () => (await fleet.fleet('verify')).code === 0);
    expect(await fleet.serverPid()).toBe(server);
  } finally {
    controller.kill('SIGKILL');
    await ended;
  }
});
