import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, FleetSandbox, run, sleeper, snapshot } from '../support/fleet-sandbox.js';
import { withOwnMounts } from '../support/own-mounts.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

describe('a host that does not answer', () => {
  const stub = (program: string, text: string): string => {
    const bin = path.join(fleet.directory, `bin-${program}`);
    fs.mkdirSync(bin, { recursive: true });
    fs.writeFileSync(path.join(bin, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return `${bin}:${process.env['PATH'] ?? ''}`;
  };
  /** Only these programs, so that tmux is missing. */
  const without = (program: string): string => {
    const bin = path.join(fleet.directory, `bin-without-${program}`);
    fs.mkdirSync(bin, { recursive: true });
    for (const name of ['systemctl', 'tmux', 'sh', 'sleep']) {
      if (name !== program && !fs.existsSync(path.join(bin, name)))
        fs.symlinkSync(`/usr/bin/${name}`, path.join(bin, name));
    }
    return bin;
  };

  test.each([
    ['tmux is missing', () => ({ PATH: without('tmux') }), /tmux is not installed or not in PATH/],
    [
      'systemctl is missing',
      () => ({ PATH: without('systemctl') }),
      /systemctl is not installed or not in PATH/,
    ],
    [
      'there is no user bus',
      () => ({ XDG_RUNTIME_DIR: '/nonexistent', DBUS_SESSION_BUS_ADDRESS: undefined }),
      /no user systemd|Failed to connect/,
    ],
    ['tmux hangs', () => ({ PATH: stub('tmux', 'sleep 1000') }), /tmux did not answer within 5s/],
    [
      'systemctl hangs',
      () => ({ PATH: stub('systemctl', 'sleep 1000 & wait') }),
      /systemctl did not answer within 5s/,
    ],
    ['tmux prints garbage', () => ({ PATH: stub('tmux', 'echo V 1; echo what') }), /cannot read/],
    ['tmux is cut short', () => ({ PATH: stub('tmux', "printf 'V 17\\nS $1 17000'") }), /cannot read/],
    [
      'tmux may not be asked',
      () => ({ PATH: stub('tmux', "echo 'error connecting to /x (Permission denied)' >&2; exit 1") }),
      /Permission denied/,
    ],
    [
      'systemctl prints garbage',
      () => ({ PATH: stub('systemctl', 'echo "[{"') }),
      /printed no list of units/,
    ],
  ])('%s: unknown is not absent', async (_, env, message) => {
    const before = await fleet.upSleepers();
    fs.appendFileSync(fleet.roster, `  - ${sleeper('c')}\n`);
    const files = snapshot(fleet.home, fleet.state, fleet.units);
    const planned = await fleet.fleetWith({ env: env() }, 'plan');
    expect(planned.code).toBe(69);
    expect(planned.stdout).toMatch(message);
    expect(planned.stdout).toMatch(/0 unchanged, 3 unknown/);
    const applied = await fleet.fleetWith({ env: env() }, 'apply', '--now', '--confirm');
    expect(applied.code).toBe(69);
    expect(snapshot(fleet.home, fleet.state, fleet.units)).toEqual(files);
    expect(await fleet.pids()).toEqual(before);
  });
});

describe('a disk that does not take it', () => {
  const withMount = async (options: string, fill: boolean, ...args: readonly string[]) => {
    const target = path.join(fleet.home, 'fleet');
    const kept = path.join(fleet.directory, 'kept');
    const script = `set -e; cp -a "$1" "$2"; mount -t tmpfs -o ${options} tmpfs "$1"; cp -a "$2/." "$1/"; ${fill ? 'dd if=/dev/zero of="$1/fill" bs=4k 2>/dev/null || true;' : 'mount -o remount,ro "$1";'} shift 2; exec "$@"`;
    const [program, ...apart] = withOwnMounts;
    return run(program, [...apart, 'bash', '-c', script, '_', target, kept, process.execPath, cli, ...args], {
      env: fleet.env,
    });
  };

  test.each([
    ['full', 'size=512k', true, /no space left on the disk/],
    ['read-only', 'size=4m', false, /read-only/],
  ])('%s: a clear message, nothing half-written, nothing touched', async (_, options, fill, message) => {
    const before = await fleet.upSleepers();
    fs.appendFileSync(fleet.roster, `  - ${sleeper('c')}\n`);
    const files = snapshot(fleet.home);
    const result = await withMount(options, fill, 'apply');
    expect(result.code).toBe(4);
    expect(result.stdout).toMatch(message);
    expect(result.stdout).toMatch(/✗ c/);
    fs.rmSync(path.join(fleet.directory, 'kept'), { recursive: true });
    const doctor = await withMount(options, fill, 'doctor');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/✗ state .*\/fleet: /);
    expect(doctor.stdout).toMatch(message);
    expect(snapshot(fleet.home)).toEqual(files);
    expect(await fleet.pids()).toEqual(before);
    await fleet.expect(0, 'apply');
    expect(Object.keys(await fleet.pids())).toEqual(['a', 'b', 'c']);
  });

  test('where nothing can be done without it, a line says so', async () => {
    await fleet.upSleepers();
    const lock = path.join(fleet.state, 'locks', 'controller');
    fs.writeFileSync(lock, '');
    const { code, stderr } = await fleet.fleet('run');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^fleet: .*locks\/controller.*: EEXIST.*\n$/)]);
  });

  test('a relative path in a directory that was removed is told as such', async () => {
    fleet.writeRoster([sleeper('a')]);
    const gone = path.join(fleet.directory, 'gone');
    fs.mkdirSync(gone);
    const words = (...args: readonly string[]): string => [process.execPath, cli, ...args].join(' ');
    for (const args of [
      ['validate', 'x.yaml'],
      ['--mosaic-home', 'sub', 'plan'],
    ]) {
      const script = `mkdir -p ${gone}; cd ${gone}; rmdir ${gone}; exec ${words(...args)} 2>&1`;
      const { code, stdout } = await run('bash', ['-c', script], { env: fleet.env });
      expect([code, stdout]).toEqual([1, 'fleet: the current directory was removed: change to another\n']);
    }
  });
});
