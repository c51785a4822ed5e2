import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  eventually,
  freshDirectory,
  processesWith,
  requirePrivateManager,
  run,
  trackingCgroup,
} from '../support/user-manager.js';

// with-user-manager inside with-user-manager: what it promises, it must keep here too.
const wrapper = fileURLToPath(new URL('../support/with-user-manager', import.meta.url));
const root = process.getuid?.() === 0;

beforeAll(requirePrivateManager);

/** A copy that another user may run: a checkout in a home of mode 700 is closed to him. */
const readable = mkdtempSync(join(tmpdir(), 'readable-'));
const copied = join(readable, 'with-user-manager');
chmodSync(readable, 0o755);
copyFileSync(wrapper, copied);
chmodSync(copied, 0o755);
afterAll(() => rmSync(readable, { recursive: true }));

/** Directories and cgroups of managers that run, or were left behind. */
const remains = (): string[] => {
  const trees = [
    '/sys/fs/cgroup',
    ...readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name)),
  ];
  const own = join(
    existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup',
    trackingCgroup('self'),
  );
  return [tmpdir(), own, ...trees].flatMap((directory) => {
    try {
      return readdirSync(directory)
        .filter((name) => name.startsWith('fleet-test.'))
        .map((name) => join(directory, name));
    } catch {
      return [];
    }
  });
};

describe('with-user-manager', () => {
  test('gives the command’s status and a manager of its own', async () => {
    const script =
      'systemctl --user is-system-running; echo "$FLEET_TEST_MANAGER $HOME $TMUX_TMPDIR"; exit 7';
    const { code, stdout } = await run(wrapper, ['--', 'sh', '-c', script]);
    expect(code).toBe(7);
    const [state, facts = ''] = stdout.split('\n');
    expect(state).toBe('running');
    expect(facts).not.toContain(process.env['HOME']);
    expect(remains()).toEqual([]);
  });

  test('hands no variable of an outer session on', async () => {
    const outer = {
      TMUX: '/x,1,2',
      TMUX_PANE: '%9',
      MOSAIC_HOME: '/x',
      NOTIFY_SOCKET: '/x',
      XDG_CONFIG_HOME: '/x',
      KEPT: 'yes',
      LC_ALL: 'C',
    };
    const args = Object.entries(outer).map(([name, value]) => `${name}=${value}`);
    const { stdout } = await run('env', [...args, wrapper, '--', 'env']);
    const seen = stdout.split('\n');
    expect(seen).toEqual(expect.arrayContaining(['KEPT=yes', 'LC_ALL=C']));
    expect(
      seen.filter((entry) => /^(TMUX|TMUX_PANE|MOSAIC_.*|NOTIFY_SOCKET|XDG_CONFIG_HOME|_WUM.*)=/.test(entry)),
    ).toEqual([]);
  });

  test('its units get what those of a login get, nothing else of the caller’s', async () => {
    const unit = 'systemd-run --user --quiet --wait --pipe env';
    const { stdout } = await run('env', [
      'CI=true',
      'NO_COLOR=1',
      'LC_ALL=C',
      wrapper,
      '--',
      'sh',
      '-c',
      unit,
    ]);
    const seen = stdout.split('\n');
    expect(seen).toEqual(
      expect.arrayContaining(['XDG_RUNTIME_DIR=/run/user/' + String(process.getuid?.()), 'LC_ALL=C']),
    );
    expect(seen.filter((entry) => /^(CI|NO_COLOR|FLEET_.*|TERM)=/.test(entry))).toEqual([]);
  });

  test('eight in parallel, and nothing is left', async () => {
    const runs = Array.from({ length: 8 }, () =>
      run(wrapper, ['--', 'systemctl', '--user', 'is-system-running'], 60_000),
    );
    for (const { code, stdout } of await Promise.all(runs)) expect([code, stdout]).toEqual([0, 'running\n']);
    expect(remains()).toEqual([]);
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('leaves nothing when it gets %s', async (signal) => {
    const mark = `MARK=manager-${signal}`;
    const script = `trap '' TERM HUP INT; setsid sh -c "trap '' TERM HUP; while :; do sleep 100; done" & touch "$HOME/up"; wait`;
    const child = spawn(wrapper, ['--', 'sh', '-c', script], {
      env: { ...process.env, MARK: mark.slice(5) },
      stdio: 'ignore',
    });
    await eventually('up', () => remains().some((path) => existsSync(join(path, 'home/up'))));
    child.kill(signal);
    await eventually(
      'nothing left',
      () => remains().length === 0 && processesWith(mark).length === 0,
      50_000,
    );
  });

  test('names what is missing, and how to get it: 69', async () => {
    const bin = join(freshDirectory('bin'), 'bin');
    await mkdir(bin);
    await run('sh', [
      '-c',
      `for p in bash systemctl systemd-notify unshare setsid setpriv findmnt mount readlink sort sed; do ln -s "$(command -v $p)" '${bin}'; done`,
    ]);
    const { code, stderr } = await run('env', [`PATH=${bin}`, wrapper, '--', 'true']);
    expect(code).toBe(69);
    expect(stderr).toContain('missing: tmux');
    expect(stderr).toContain('apt-get install tmux');
  });

  test.skipIf(!root)('runs the manager as another user', async () => {
    const script = 'id -un; systemctl --user is-system-running; stat -c %U "$HOME" "$XDG_RUNTIME_DIR"';
    const { code, stdout } = await run(wrapper, ['-u', 'nobody', '--', 'sh', '-c', script]);
    expect([code, stdout]).toEqual([0, 'nobody\nrunning\nnobody\nnobody\n']);
  });

  test.skipIf(!root)('serves an ordinary user on a host booted with systemd', async () => {
    // The outer one plays the host: the inner one finds /run/systemd/system and a manager that delegates a cgroup.
    const inner =
      'echo "$(id -un) $(systemctl --user is-system-running) $(systemctl --user show -P Version) caps $(sed -n "s/^Cap\\(Prm\\|Eff\\|Amb\\)://p" /proc/self/status | tr -d " \\t\\n0")."; exit 5';
    const { code, stdout, stderr } = await run(wrapper, [
      '-u',
      'nobody',
      '-c',
      'unified',
      '--',
      copied,
      '--',
      'sh',
      '-c',
      inner,
    ]);
    expect(stderr).toBe('');
    // What root alone may do, such as read anybody's file, it may not.
    expect(stdout).toMatch(/^nobody running \d.* caps \.\n$/);
    expect(code).toBe(5);
    expect(remains()).toEqual([]);
  });

  test.skipIf(!root)('says why an ordinary user cannot elsewhere', async () => {
    const { code, stderr } = await run('unshare', ['--mount', 'sh', '-c',
      `mount -t tmpfs tmpfs /run && exec setpriv --reuid nobody --regid nogroup --clear-groups '${copied}' -- true`]); // prettier-ignore
    expect(code).toBe(69);
    expect(stderr).toContain('not booted with systemd');
  });

  test('has a readable log of manager and units', async () => {
    const script =
      'systemd-run --user --quiet --wait sh -c "echo from-a-unit"; cat "$FLEET_TEST_MANAGER_LOG"';
    expect((await run(wrapper, ['--', 'sh', '-c', script])).stdout).toContain('from-a-unit');
    expect(readFileSync(process.env['FLEET_TEST_MANAGER_LOG'] ?? '', 'utf8')).not.toContain('from-a-unit');
  });
});
