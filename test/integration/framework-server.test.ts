import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { FrameworkFleet, holderUnit, managerLog } from '../support/framework-fleet.js';
import {
  activeState,
  agentUnit,
  eventually,
  freshDirectory,
  processesWith,
  run,
  show,
  systemctl,
  trackingCgroup,
} from '../support/user-manager.js';

const socket = 'framework-server';
let fleet: FrameworkFleet;
const create = async (
  ...args: Parameters<typeof FrameworkFleet.create> extends [string, ...infer Rest] ? Rest : never
) => (fleet = await FrameworkFleet.create(socket, ...args));
afterEach(() => fleet.end());

const state = (unit: string, wanted: string): Promise<true> =>
  eventually(`${unit} ${wanted}`, async () => (await activeState(unit)) === wanted);
const hold = { command: ['sleep', '1000'] };

describe('the tmux server', () => {
  test('finds no bus over which it could move panes; what runs in panes finds it', async () => {
    await create();
    const { pid } = await fleet.start({ agent: 'one', ...hold });
    const split = await fleet.tmux(
      'split-window',
      '-t',
      '=one:',
      '-P',
      '-F',
      '#{pane_pid}',
      'exec sleep 3000',
    );
    const busOf = (process: number | string): string | undefined =>
      readFileSync(`/proc/${process}/environ`, 'utf8')
        .split('\0')
        .find((entry) => entry.startsWith('DBUS_SESSION_BUS_ADDRESS='));
    expect(busOf(await fleet.serverPid())).toBe('DBUS_SESSION_BUS_ADDRESS=disabled:');
    const { stdout } = await systemctl('show-environment');
    const ours = stdout.split('\n').find((entry) => entry.startsWith('DBUS_SESSION_BUS_ADDRESS='));
    expect(ours).toMatch(/=unix:path=\/.*bus$/);
    expect(busOf(pid)).toBe(ours);
    // Until its exec it has the server's environment, and none in between.
    await eventually('the split pane has the bus', () =>
      Promise.resolve(busOf(split.stdout.trim()) === ours),
    );
    expect((await fleet.tmux('show-environment', '-g', 'MOSAIC_FLEET_BUS')).code).toBe(1);
  });

  test(
    'killed with -9: units end with 75, the holder comes back by itself, nothing survives',
    { timeout: 20_000 },
    async () => {
      await create();
      await fleet.start({ agent: 'one', ...hold, environment: ['MARK=server'] });
      await fleet.start({ agent: 'two', ...hold, environment: ['MARK=server'] });
      await fleet.tmux('split-window', '-t', '=one:', 'exec sleep 3000');
      const server = await fleet.serverPid();
      process.kill(server, 'SIGKILL');
      for (const agent of ['one', 'two']) {
        await state(agentUnit(agent), 'failed');
        expect((await show(agentUnit(agent), 'ExecMainStatus'))['ExecMainStatus']).toBe('75');
        expect((await fleet.exitRecord(agent)).facts['reason']).toBe('server-gone');
      }
      await state(holderUnit, 'active');
      expect(await fleet.serverPid()).not.toBe(server);
      expect(processesWith('MARK=server')).toEqual([]);
      expect((await run('pgrep', ['-f', 'sleep 3000'])).code).toBe(1);
      await fleet.start({ agent: 'one', ...hold });
    },
  );

  test('notices every death by itself, also where nobody reminds it', async () => {
    await create();
    const agents = ['one', 'two', 'three', 'four'];
    const pids: number[] = [];
    for (const agent of agents) pids.push((await fleet.start({ agent, ...hold })).pid);
    await fleet.tmux('respawn-pane', '-k', '-t', '=_holder:', 'exec sleep 1000');
    // One after the other: the next one's end would make up for what was lost.
    for (const [index, agent] of agents.entries()) {
      process.kill(pids[index] ?? Number.NaN, 'SIGKILL');
      await state(agentUnit(agent), 'failed');
      expect((await show(agentUnit(agent), 'ExecMainStatus'))['ExecMainStatus']).toBe('137');
    }
  });

  test('told to end by `kill-server`: 75 too', async () => {
    await create();
    await fleet.start({ agent: 'one', ...hold });
    await fleet.tmux('kill-server');
    await state(agentUnit('one'), 'failed');
    expect((await fleet.exitRecord('one')).facts['reason']).toBe('server-gone');
    await state(holderUnit, 'active');
  });

  test('stopped with the holder: agents are stopped first, panes of humans end with it', async () => {
    await create();
    await fleet.start({ agent: 'one', ...hold });
    await fleet.tmux('split-window', '-t', '=_holder:', `trap '' HUP TERM; sleep 3001`);
    expect((await systemctl('stop', holderUnit)).code).toBe(0);
    expect(await activeState(agentUnit('one'))).toBe('inactive');
    expect(await activeState(holderUnit)).toBe('inactive');
    expect((await run('pgrep', ['-f', 'sleep 3001'])).code).toBe(1);
  });

  test('is not started by an agent’s unit where the holder cannot have it', async () => {
    await create({ start: false });
    await fleet.launch({ agent: 'one', ...hold });
    await run('tmux', ['-L', socket, '-f', '/dev/null', 'new-session', '-d', '-s', 'theirs']);
    expect((await systemctl('start', agentUnit('one'))).code).not.toBe(0);
    expect((await fleet.tmux('list-sessions', '-F', '#{session_name}')).stdout).toBe('theirs\n');
  });

  test('of somebody else on the socket: the holder fails fast and leaves it alone', async () => {
    await create({ start: false });
    await run('tmux', [
      '-L',
      socket,
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-s',
      'theirs',
      'sleep',
      '3002',
    ]);
    const facts = ['display-message', '-p', '-t', '=theirs:', '#{pid} #{session_id} #{pane_pid}'];
    const before = (await fleet.tmux(...facts)).stdout;
    const began = performance.now();
    expect((await systemctl('start', holderUnit)).code).not.toBe(0);
    expect(performance.now() - began).toBeLessThan(4000);
    await state(holderUnit, 'failed');
    expect(await show(holderUnit, 'ExecMainStatus', 'NRestarts')).toEqual({
      ExecMainStatus: '73',
      NRestarts: '0',
    });
    expect(managerLog()).toContain(
      `tmux socket '${socket}' is owned by another tmux server (process ${before.split(' ')[0]})`,
    );
    expect((await fleet.tmux(...facts)).stdout).toBe(before);
    await run('tmux', ['-N', '-L', socket, 'kill-server']);
    await fleet.startHolder();
  });

  test('that hangs on the socket: the holder fails fast too', { timeout: 15_000 }, async () => {
    await create({ start: false });
    await run('tmux', [
      '-L',
      socket,
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-s',
      'theirs',
      'sleep',
      '3003',
    ]);
    const server = await fleet.serverPid();
    process.kill(server, 'SIGSTOP');
    try {
      expect((await systemctl('start', holderUnit)).code).not.toBe(0);
      expect(managerLog()).toContain('owned by another tmux server (a server that does not answer)');
    } finally {
      process.kill(server, 'SIGCONT');
    }
    expect(await fleet.serverPid()).toBe(server);
    await fleet.tmux('kill-server');
  });

  test('that is nobody’s: a tmux that is slow to say so is waited for', { timeout: 15_000 }, async () => {
    const bin = freshDirectory('slow');
    const wrapper = join(bin, 'tmux');
    const once = join(bin, 'once');
    const lines = [
      '#!/bin/bash',
      `[[ -e ${once} ]] || { touch ${once}; sleep 2.3; }`,
      'PATH=${PATH#*:} exec tmux "$@"',
    ];
    writeFileSync(wrapper, lines.join('\n'), { mode: 0o755 });
    await create({ start: false, environment: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } });
    expect((await systemctl('start', holderUnit)).code).toBe(0);
    expect((await show(holderUnit, 'NRestarts'))['NRestarts']).toBe('0');
  });

  test('lost socket file: the agent’s unit stays, and its end is still seen', async () => {
    await create();
    const { pid } = await fleet.start({ agent: 'one', ...hold });
    const path = join(process.env['TMUX_TMPDIR'] ?? '', `tmux-${process.getuid?.()}`, socket);
    const server = await fleet.serverPid();
    const { MainPID: main = '' } = await show(agentUnit('one'), 'MainPID');
    await rm(path);
    const client = Number((await run('pgrep', ['-P', main, 'tmux'])).stdout);
    process.kill(client, 'SIGKILL');
    await eventually('client gone', () => !existsSync(`/proc/${client}`));
    expect(await activeState(agentUnit('one'))).toBe('active');
    process.kill(server, 'SIGUSR1'); // tmux makes its socket again
    await eventually('socket', () => existsSync(path));
    process.kill(pid, 'SIGTERM');
    await state(agentUnit('one'), 'failed');
    expect((await fleet.exitRecord('one')).facts).toMatchObject({ reason: 'signaled', signal: '15' });
  });
});

describe('sessions', () => {
  test('a foreign one of the agent’s name: 73, untouched', async () => {
    await create();
    await fleet.tmux('new-session', '-d', '-s', 'taken', 'sleep', '3004');
    const facts = [
      'display-message',
      '-p',
      '-t',
      '=taken:',
      '#{session_id} #{pane_pid} #{@fleet_agent} #{remain-on-exit}',
    ];
    const before = (await fleet.tmux(...facts)).stdout;
    await fleet.launch({ agent: 'taken', ...hold });
    expect((await systemctl('start', agentUnit('taken'))).code).not.toBe(0);
    expect((await show(agentUnit('taken'), 'ExecMainStatus'))['ExecMainStatus']).toBe('73');
    const { facts: record, lines } = await fleet.exitRecord('taken');
    expect(record['reason']).toBe('start-failed');
    expect(lines.join()).toContain('foreign session: a tmux session named taken exists');
    expect((await fleet.tmux(...facts)).stdout).toBe(before);
  });

  /** A session `taken` whose pane has ended, with marks. */
  const dead = async (agent: string, home: string): Promise<void> => {
    await fleet.tmux('new-session', '-d', '-s', 'taken', 'true', ';', 'set-option', '-p', '-t', '=taken:', 'remain-on-exit', 'on',
      ';', 'set-option', '-t', '=taken:', '@fleet_agent', agent, ';', 'set-option', '-t', '=taken:', '@fleet_home',
      home, ';', 'set-option', '-F', '-t', '=taken:', '@fleet_pane', '#{pane_id}'); // prettier-ignore
    await eventually('it is dead', async () => (await fleet.pane(agent)).dead);
  };

  test.each([
    ['another home', 'taken', '/elsewhere'],
    ['another agent', 'other', null],
  ])('a dead one of %s is foreign too', async (_, agent, home) => {
    await create();
    await dead(agent, home ?? fleet.installation.home);
    await fleet.launch({ agent: 'taken', ...hold });
    expect((await systemctl('start', agentUnit('taken'))).code).not.toBe(0);
    expect((await fleet.tmux('has-session', '-t', '=taken')).code).toBe(0);
  });

  test('a dead one of its own gives its name back, whatever session was used last', async () => {
    await create();
    await dead('taken', fleet.installation.home);
    const { session } = await fleet.pane('taken');
    const newer = await fleet.start({ agent: 'newer', ...hold });
    expect((await fleet.start({ agent: 'taken', ...hold })).session).not.toBe(session);
    expect(await fleet.pane('newer')).toEqual(newer);
  });

  test('of agents go on, pids and server the same, when one is restarted with systemctl', async () => {
    await create();
    const names = ['a', 'a-2', 'a.0', 'b'];
    for (const agent of names) await fleet.start({ agent, ...hold });
    const server = await fleet.serverPid();
    const before = await fleet.panes();
    expect((await systemctl('restart', agentUnit('a'))).code).toBe(0);
    const after = await fleet.panes();
    expect(await fleet.serverPid()).toBe(server);
    for (const agent of ['a-2', 'a.0', 'b']) expect(after.get(agent)).toEqual(before.get(agent));
    expect(after.get('a')?.pid).not.toBe(before.get('a')?.pid);
    expect(trackingCgroup(after.get('a')!.pid)).toContain('mosaic-agent@a.service');
  });
});

describe('the operator’s tmux.conf', () => {
  const withOperatorFile = async (text: string): Promise<void> => {
    await create({ start: false });
    await mkdir(join(fleet.installation.home, 'fleet'), { recursive: true });
    await writeFile(join(fleet.installation.home, 'fleet/tmux.conf'), text);
    await fleet.startHolder();
  };

  test('is in force, but not over what the fleet depends on; its hooks run beside ours', async () => {
    await withOperatorFile(`
      set -g history-limit 4321
      set -g exit-empty on
      set -g destroy-unattached on
      set -g remain-on-exit off
      set -g base-index 1
      setw -g pane-base-index 1
      set -g default-command 'echo wrong; exit 1'
      set-hook -g session-closed 'set -g @closed_by_operator yes'
      set-hook -g pane-died 'set -g @died_by_operator yes'
    `);
    const options = '#{history-limit} #{exit-empty} #{destroy-unattached} #{detach-on-destroy} #{base-index}';
    // 3.4 and later know more of `destroy-unattached` than 0 and 1.
    expect((await fleet.tmux('display-message', '-p', options)).stdout).toMatch(/^4321 0 (0|off) on 1\n$/);
    const { pid } = await fleet.start({ agent: 'one', ...hold });
    process.kill(pid, 'SIGKILL');
    await state(agentUnit('one'), 'failed');
    expect((await fleet.exitRecord('one')).facts['reason']).toBe('signaled');
    expect(
      (await fleet.tmux('display-message', '-p', '#{@closed_by_operator} #{@died_by_operator}')).stdout,
    ).toBe('yes yes\n');
  });

  test.each(['split-window -b "sleep 3006"', 'new-window "sleep 3006"'])(
    'that adds to each new session (%s) does not move the marks of the agent’s pane',
    async (command) => {
      await withOperatorFile(`set-hook -g after-new-session '${command}'\n`);
      const { pane, session } = await fleet.start({ agent: 'one', ...hold });
      const format = '#{pane_id} #{remain-on-exit}';
      const { stdout } = await fleet.tmux('list-panes', '-s', '-t', session, '-F', format);
      expect(stdout.trim().split('\n').sort()).toEqual([`${pane} on`, expect.stringMatching(/^%\d+ off$/)]);
      const { pid } = await fleet.pane('one');
      expect(trackingCgroup(pid)).toContain('mosaic-agent@one.service');
      process.kill(pid, 'SIGKILL');
      await state(agentUnit('one'), 'failed');
      expect((await fleet.exitRecord('one')).facts['reason']).toBe('signaled');
    },
  );

  test.each(['kill-session -t one', 'rename-session other'])(
    'that does away with each new session (%s) is told as the reason',
    async (command) => {
      await withOperatorFile(`set-hook -g after-new-session '${command}'\n`);
      await fleet.launch({ agent: 'one', ...hold });
      expect((await systemctl('start', agentUnit('one'))).code).not.toBe(0);
      const { lines } = await fleet.exitRecord('one');
      expect(lines.join()).toContain(
        `a hook on the server ends or renames it (tmux -L ${socket} show-hooks -g)`,
      );
      await eventually('nothing of it is left', async () => (await fleet.panes()).size === 0);
    },
  );

  test('that is broken is reported, breaks nothing and shows in no pane', async () => {
    await withOperatorFile(
      `set -g no-such-option 1\nset -g history-limit 99\nfrobnicate\nset -g mouse "unterminated\n`,
    );
    const { pane } = await fleet.start({ agent: 'one', ...hold });
    const { stdout } = await fleet.tmux('list-panes', '-a', '-F', '#{pane_in_mode}');
    expect(stdout).toBe('0\n0\n');
    expect(await fleet.screen(pane)).not.toContain('tmux.conf');
    expect(managerLog()).toMatch(/tmux\.conf:\d+: .*\n(?:.*\n)*.*fleet\/tmux\.conf has faults/);
    expect((await fleet.tmux('show-hooks', '-g')).stdout).toContain('session-closed[901]');
  });

  test('that hangs delays the start, and no more', { timeout: 20_000 }, async () => {
    await withOperatorFile(`run-shell 'sleep 3005'\n`);
    await fleet.start({ agent: 'one', ...hold });
    expect(managerLog()).toContain('it took longer than 5 seconds');
  });

  test(
    'that kills the server: the holder gives up after its start limit, and does not loop',
    { timeout: 60_000 },
    async () => {
      await create({ start: false });
      await writeFile(join(fleet.installation.home, 'fleet/tmux.conf'), 'kill-server\n');
      await systemctl('start', holderUnit);
      await eventually(
        'given up',
        async () =>
          (await show(holderUnit, 'Result', 'ActiveState'))['Result'] === 'start-limit-hit' ||
          (await activeState(holderUnit)) === 'failed',
        40_000,
      );
      expect(Number((await show(holderUnit, 'NRestarts'))['NRestarts'])).toBeLessThan(11);
    },
  );

  test('whose hooks are replaced at run time makes nothing but the call late', async () => {
    await create();
    const { session } = await fleet.start({ agent: 'one', ...hold });
    await fleet.tmux('set-hook', '-gu', 'session-closed');
    await fleet.tmux('set-hook', '-gu', 'pane-died');
    await fleet.tmux('kill-session', '-t', session);
    // What the resync finds a few minutes later, called by hand here.
    await fleet.tmux('wait-for', '-S', `closed-${session}`);
    await state(agentUnit('one'), 'failed');
  });
});

test('a hundred agents by one systemctl call', { timeout: 120_000 }, async () => {
  await create();
  const agents = Array.from({ length: 100 }, (_, index) => `n${index}`);
  for (const agent of agents) await fleet.launch({ agent, ...hold });
  const began = performance.now();
  expect((await systemctl('start', ...agents.map(agentUnit))).code).toBe(0);
  const startMs = performance.now() - began;
  const panes = await fleet.panes();
  expect(
    agents.filter((agent) => trackingCgroup(panes.get(agent)!.pid).endsWith(`mosaic-agent@${agent}.service`)),
  ).toEqual(agents);

  // Proportional set size: what the supervision of one agent costs.
  const main = (await show(agentUnit('n50'), 'MainPID'))['MainPID'] ?? '';
  const pids = [main, ...(await run('pgrep', ['-P', main])).stdout.trim().split('\n')].filter(
    (pid) => Number(pid) !== panes.get('n50')?.pid,
  );
  const kilobytes = pids.map((pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1]);
  });
  const stopBegan = performance.now();
  await systemctl('stop', 'mosaic-agent@*.service');
  const stopMs = performance.now() - stopBegan;
  console.log(
    `100 agents: start ${startMs.toFixed(0)} ms, stop ${stopMs.toFixed(0)} ms; ` +
      `supervision of one agent: ${kilobytes.join(' + ')} kB (proportional)`,
  );
  // tmux hears of the last ones' ends when it comes to it.
  await expect.poll(async () => (await fleet.panes()).size, { timeout: 10_000 }).toBe(0);
});

test('the controller’s program is named when it is gone', async () => {
  await create({ start: false });
  expect((await systemctl('start', 'mosaic-fleet.service')).code).not.toBe(0);
  expect(managerLog()).toContain('absent.js, which is not there any more: run `fleet install` again');
  await systemctl('stop', 'mosaic-fleet.service');
});

test('the controller is started as recorded, watched, reloaded by SIGHUP', async () => {
  const script = `
    const { execFileSync } = require('node:child_process'), fs = require('node:fs');
    const out = process.env.MOSAIC_HOME + '/seen';
    process.on('SIGHUP', () => fs.writeFileSync(out, 'reloaded'));
    fs.writeFileSync(out, JSON.stringify(process.argv.slice(2)));
    execFileSync('systemd-notify', ['--ready']);
    setInterval(() => {}, 1000);
  `;
  await create({ start: false });
  const { home } = fleet.installation;
  await writeFile(join(home, 'absent.js'), script);
  await chmod(join(home, 'absent.js'), 0o644);
  expect((await systemctl('start', 'mosaic-fleet.service')).code).toBe(0);
  expect(readFileSync(join(home, 'seen'), 'utf8')).toBe('["run"]');
  await systemctl('reload', 'mosaic-fleet.service');
  await eventually('reloaded', () => readFileSync(join(home, 'seen'), 'utf8') === 'reloaded');
  expect((await show('mosaic-fleet.service', 'WatchdogUSec'))['WatchdogUSec']).toBe('1min 30s');
  await systemctl('stop', 'mosaic-fleet.service');
  expect(await activeState(holderUnit)).toBe('inactive');
});
