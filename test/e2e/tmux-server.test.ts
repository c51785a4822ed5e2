import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shellWord } from '../../src/cli/typed.js';
import { membersOf } from '../../src/host/process.js';
import { FleetSandbox, run, sleeper, until } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

const reload = 'systemctl --user reload mosaic-tmux-holder.service';
/** The rows of the server, each with what to do about it. */
async function doctor(code: number, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const result = await fleet.fleetWith({ env }, 'doctor');
  expect(result.code, result.stdout).toBe(code);
  return /^ {2}. tmux server .*\n(?: {4} .*\n| {2}. tmux server .*\n)*/m.exec(result.stdout)?.[0] ?? '';
}

const follow = async (words: string): Promise<void> => {
  expect((await run('bash', ['-c', words])).code).toBe(0);
};

// A tmux of 3.3 to 3.6 crashes where that is set and a session is made.
test('window-size manual, set by hand or in the operator’s file, costs no agent', async () => {
  const before = await fleet.upSleepers();
  const manual = ['set-option', '-g', 'window-size', 'manual'];
  fleet.writeRoster(['a', 'b', 'c', 'd'].map((name) => sleeper(name)));
  await fleet.tmux(...manual);
  // (3.2 and 3.8 do not crash, and are not told of.)
  const { stdout: version } = await run('tmux', ['-V']);
  if (/^tmux 3\.[3-7]/.test(version))
    expect(await doctor(1)).toContain('✗ tmux server      window-size is manual: ');
  else expect(await doctor(0)).not.toContain('window-size');
  await fleet.expect(0, 'start', 'c');
  fs.writeFileSync(path.join(fleet.home, 'fleet', 'tmux.conf'), 'set -g window-size manual\n');
  await follow(reload);
  expect(await doctor(0)).not.toContain('window-size');
  await fleet.expect(0, 'apply');
  await fleet.tmux(...manual, ';', 'kill-session', '-t', '=_holder:');
  await follow(reload);
  expect(await fleet.pids()).toMatchObject(before);
  expect(Object.keys(await fleet.pids()).toSorted()).toEqual(['a', 'b', 'c', 'd']);
});

test('a holder session that was killed costs nobody, and is back as verify says', async () => {
  const before = await fleet.upSleepers();
  await fleet.tmux('kill-session', '-t', '=_holder:');
  const { stdout } = await fleet.expect(0, 'verify');
  expect(stdout).toContain(`the server and its agents go on without it\n`);
  expect(stdout).toContain(`→ ${reload}\n`);
  // The server outlives its last session, and takes agents again.
  const server = await fleet.serverPid();
  await fleet.expect(0, 'stop', 'a', 'b');
  expect((await fleet.expect(0, 'plan')).stderr).toBe('');
  await fleet.expect(0, 'start', 'a', 'b');
  expect(await fleet.serverPid()).toBe(server);
  const pids = await fleet.pids();
  expect(Object.keys(pids)).toEqual(Object.keys(before));
  await follow(reload);
  expect((await fleet.expect(0, 'verify')).stdout).toContain('session _holder is there');
  await follow(reload);
  expect((await fleet.tmux('list-sessions', '-F', '#{session_name}')).split('\n').toSorted()).toEqual([
    ...['_holder', 'a', 'b'],
  ]);
  expect(await fleet.pids()).toEqual(pids);
  expect((await fleet.expect(0, 'plan')).stdout).toContain('No changes.');
});

describe('doctor tells of a tmux server', () => {
  test('that is as it should be, or is not to run', async () => {
    fleet.writeRoster([sleeper('a')]);
    expect(await doctor(1)).toMatch(new RegExp(`✓ tmux server +none on socket ${fleet.socket}; `));
    await fleet.upSleepers();
    expect(await doctor(0)).toContain(`✓ tmux server      process ${await fleet.serverPid()} on socket`);
  });

  test('that somebody has changed so that agents would end; what it says to do puts it right', async () => {
    const pids = await fleet.upSleepers();
    // Somebody who looks on: with nobody the server would end at once.
    const human = spawn('tmux', ['-N', '-L', fleet.socket, '-C', 'attach', '-t', '=a:'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const attached = () => fleet.tmux('display-message', '-p', '-t', '=a:', '#{session_attached}');
    await until('attached', async () => (await attached()) === '1');
    await fleet.tmux('set', '-g', 'exit-unattached', 'on');
    await fleet.tmux('set', '-g', 'detach-on-destroy', 'off');
    await fleet.tmux('set-hook', '-gu', 'pane-died[901]');
    await fleet.tmux('set', '-t', '=a:', 'destroy-unattached', 'on');
    const told = await doctor(1);
    expect(told).toContain('✗ tmux server      exit-unattached is on: it ends, with every agent');
    expect(told).toContain('✗ tmux server      destroy-unattached is on: session a ends');
    // zsh takes a bare `=a:` for the path of a program.
    expect(told).toContain("set-option -t '=a:' destroy-unattached off");
    expect(told).toContain(
      '! tmux server      not as the fleet has set it: detach-on-destroy, hook pane-died[901]',
    );
    for (const [, words = ''] of told.matchAll(/→ (.*)/g)) await follow(words);
    expect(await doctor(0)).toContain('✓ tmux server');
    human.stdin.end();
    await until('nobody is attached', async () => (await attached()) === '0');
    expect(await fleet.pids()).toEqual(pids);
  });

  test('that is stopped', { timeout: 40_000 }, async () => {
    const pids = await fleet.upSleepers();
    const server = await fleet.serverPid();
    process.kill(server, 'SIGSTOP');
    const told = await doctor(69).finally(() => process.kill(server, 'SIGCONT'));
    expect(told).toContain(`✗ tmux server      tmux did not answer within 5s: process ${server} is stopped`);
    expect(told).toContain(`→ kill -CONT ${server}\n`);
    expect(await doctor(0)).toContain('✓ tmux server');
    expect(await fleet.pids()).toEqual(pids);
  });

  const freezer = path.join(path.dirname(membersOf(process.pid)?.file ?? '/'), 'cgroup.freeze');
  test.skipIf(!fs.existsSync(freezer))('whose cgroup is frozen', { timeout: 40_000 }, async () => {
    const pids = await fleet.upSleepers();
    const group = path.dirname(membersOf(await fleet.serverPid())?.file ?? '/');
    const freeze = path.join(group, 'cgroup.freeze');
    fs.writeFileSync(freeze, '1');
    const told = await doctor(69).finally(() => fs.writeFileSync(freeze, '0'));
    expect(told).toContain('✗ tmux server      tmux did not answer within 5s: its cgroup is frozen');
    expect(told).toContain(`→ echo 0 > ${shellWord(freeze)}\n`);
    expect(await fleet.pids()).toEqual(pids);
  });

  test('that cannot be reached: its directory, another version, somebody else’s', async () => {
    await fleet.upSleepers();
    const socket = await fleet.tmux('display-message', '-p', '#{socket_path}');
    fs.chmodSync(path.dirname(socket), 0o707);
    const unsafe = await doctor(69);
    fs.chmodSync(path.dirname(socket), 0o700);
    expect(unsafe).toContain(`→ chmod 700 ${path.dirname(socket)}\n`);
    fs.renameSync(socket, `${socket}.away`);
    const lost = await doctor(69);
    fs.renameSync(`${socket}.away`, socket);
    expect(lost).toContain('its socket file is made again by: systemctl --user kill');
    // The path of a socket has 107 bytes at most.
    const deep = path.join(fleet.directory, 'd'.repeat(100));
    fs.mkdirSync(deep);
    expect(await doctor(69, { TMUX_TMPDIR: deep })).toMatch(
      /✗ tmux server .*File name too long.*\n.*→ set TMUX_TMPDIR to a directory with a shorter path, then: fleet install\n/,
    );

    const bin = path.join(fleet.directory, 'bin');
    fs.mkdirSync(bin);
    const other = (text: string) => {
      fs.writeFileSync(path.join(bin, 'tmux'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      return { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    };
    const real = (await run('which', ['tmux'])).stdout.trim();
    const newer = await doctor(0, other(`[ "$1" != -V ] || exec echo tmux 3.9\nexec ${real} "$@"`));
    expect(newer).toMatch(
      /! tmux server +runs tmux \S+, the program is tmux 3\.9\n.*→ systemctl --user restart/,
    );
    const mismatch = await doctor(
      69,
      other(
        '[ "$1" != -V ] || exec echo tmux 3.9\necho "protocol version mismatch (client 9, server 8)" >&2; exit 1',
      ),
    );
    expect(mismatch).toMatch(
      /mismatch \(client 9, server 8\): it was started by another version of tmux\n.*restart/,
    );

    await fleet.expect(0, 'stop');
    await run('tmux', ['-L', fleet.socket, '-f', '/dev/null', 'new-session', '-d', '-s', 'theirs']);
    const foreign = await doctor(69);
    await run('tmux', ['-N', '-L', fleet.socket, 'kill-server']);
    expect(foreign).toMatch(/does not belong to mosaic-tmux-holder.service.*\n.*→ tmux -L \S+ kill-server/);
  });
});

test('an agent whose end nobody told systemd of is unknown, and comes up as plan says', async () => {
  await fleet.upSleepers();
  const ways: Readonly<Record<string, readonly string[]>> = {
    'tmux shows no session of it': ['kill-session', '-t', '=a:'],
    'its pane is gone': ['split-window', '-t', '=a:', 'sleep', '999', ';', 'kill-pane', '-t', '=a:.0'],
  };
  for (const [what, commands] of Object.entries(ways)) {
    const shown = ['--user', 'show', '-p', 'MainPID', '--value', 'mosaic-agent@a.service'];
    process.kill(Number((await run('systemctl', shown)).stdout), 'SIGSTOP');
    await fleet.tmux(...commands);
    const { stdout } = await fleet.expect(0, 'plan');
    expect(stdout).toContain(`  ?   a  unknown  its unit is active, but ${what}; if that stays: `);
    await follow(/if that stays: (.*)/.exec(stdout)?.[1] ?? '');
    expect((await fleet.expect(0, 'plan')).stdout).toContain('No changes.');
  }
  await fleet.expect(0, 'verify');
});

test('a holder that does not start says where its reason stands', async () => {
  fleet.writeRoster([sleeper('a')]);
  const env = { TMUX_TMPDIR: '/dev/null/nowhere' };
  expect((await fleet.fleetWith({ env }, 'install')).code).toBe(0);
  const { code, stdout } = await fleet.fleetWith({ env }, 'apply');
  expect(code).toBe(4);
  expect(stdout).toMatch(
    /✗ a not attempted: the holder of the tmux server did not start: .*\. See why: journalctl --user -u mosaic-tmux-holder\.service -n 20\n/,
  );
});
