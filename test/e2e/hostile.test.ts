import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, FleetSandbox, run, snapshot, until } from '../support/fleet-sandbox.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

const sleeper = (name: string): string => `{ name: ${name}, runtime: demo, command: [sleep, infinity] }`;

async function up(): Promise<Readonly<Record<string, number>>> {
  fleet.writeRoster([sleeper('a'), sleeper('b')]);
  await fleet.expect(0, 'install');
  await fleet.expect(0, 'apply');
  return fleet.pids();
}

describe('a roster that cannot be used changes nothing', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x, x]',
    ...'bcdefghi'.split('').map(
      (key, index) =>
        `${key}: &${key} [${Array(10)
          .fill(`*${'abcdefgh'[index] ?? 'a'}`)
          .join(', ')}]`,
    ),
  ].join('\n');
  const cases: readonly (readonly [string, string | null, RegExp])[] = [
    ['missing', null, /no such file or directory\nWrite one with: fleet init/],
    ['empty', '', /fleet init/],
    ['only comments', '# nothing yet\n', /fleet init/],
    ['cut off', 'version: 1\ntransport: tmux\nagents:\n  - { name: a, runti', /roster\.yaml:4:/],
    ['with tabs', 'version: 1\ntransport: tmux\nagents:\n\t- name: a\n', /tab/i],
    ['with a key twice', 'version: 1\nversion: 1\ntransport: tmux\nagents: []\n', /roster\.yaml:2:1:/],
    ['an alias bomb', `version: 1\ntransport: tmux\n${bomb}\n`, /alias/i],
    ['of another version', 'version: 2\ntransport: tmux\nagents: []\n', /version/],
    ['a list', '- a\n', /map/i],
    ['binary', '\u0000\u0001\u0002', /roster\.yaml:1:/],
  ];

  test.each(cases)('%s', async (_, text, message) => {
    const before = await up();
    if (text === null) fs.rmSync(fleet.roster);
    else fs.writeFileSync(fleet.roster, text);
    const files = snapshot(fleet.directory, fleet.units);
    for (const command of ['validate', 'plan', 'apply', 'status', 'install', 'stop', 'start']) {
      const { code, stderr, stdout } = await fleet.fleet(command);
      expect([command, code, stdout]).toEqual([command, 78, '']);
      expect(stderr).toMatch(message);
      expect(stderr).not.toContain('    at ');
    }
    expect(snapshot(fleet.directory, fleet.units)).toEqual(files);
    expect(await fleet.pids()).toEqual(before);
  });

  test('a directory in its place, and a file that may not be read', async () => {
    fs.mkdirSync(fleet.roster);
    expect((await fleet.expect(78, 'plan')).stderr).toContain('is a directory; a file is expected');
    fs.rmdirSync(fleet.roster);
    fleet.writeRoster([sleeper('a')]);
    const secret = fs.mkdtempSync(path.join(os.tmpdir(), 'secret-'));
    const copy = path.join(secret, 'roster.yaml');
    fs.copyFileSync(fleet.roster, copy);
    fs.chmodSync(secret, 0o755);
    fs.chmodSync(copy, 0o000);
    const nobody = await run(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, cli, 'validate', copy],
      { cwd: '/', env: { ...fleet.env, HOME: '/nonexistent', MOSAIC_HOME: '/nonexistent' } },
    );
    expect([nobody.code, nobody.stderr]).toEqual([78, expect.stringContaining('permission denied')]);
    fs.rmSync(secret, { recursive: true });
  });
});

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
    const before = await up();
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
    return run(
      'unshare',
      [
        '-m',
        '--propagation',
        'private',
        'bash',
        '-c',
        script,
        '_',
        target,
        kept,
        process.execPath,
        cli,
        ...args,
      ],
      { env: fleet.env },
    );
  };

  test.each([
    ['full', 'size=512k', true, /no space left on the disk/],
    ['read-only', 'size=4m', false, /read-only/],
  ])('%s: a clear message, nothing half-written, nothing touched', async (_, options, fill, message) => {
    const before = await up();
    fs.appendFileSync(fleet.roster, `  - ${sleeper('c')}\n`);
    const files = snapshot(fleet.home);
    const result = await withMount(options, fill, 'apply');
    expect(result.code).toBe(4);
    expect(result.stdout).toMatch(message);
    expect(result.stdout).toMatch(/✗ c/);
    expect(snapshot(fleet.home)).toEqual(files);
    expect(await fleet.pids()).toEqual(before);
    await fleet.expect(0, 'apply');
    expect(Object.keys(await fleet.pids())).toEqual(['a', 'b', 'c']);
  });
});

describe('values', () => {
  test('argv, environment and directory arrive byte for byte, and run nothing on the way', async () => {
    const trap = path.join(fleet.directory, 'trap');
    const words = [
      'a b',
      '',
      '"q"',
      "it's",
      '$HOME',
      '${PATH}',
      `$(touch ${trap})`,
      '`id`',
      'end;',
      ';',
      '%n %i',
      'two\nlines',
      'tab\there',
      'ümläut ✓',
      '*',
      '~',
      '-x',
      '\\',
      '#{pane_id}',
      'x'.repeat(64 * 1024),
    ];
    const values = words.slice(2);
    const odd = path.join(fleet.directory, "dir with 'q' $x %i;");
    fs.mkdirSync(odd);
    const probe = path.join(fleet.directory, 'probe.mjs');
    fs.writeFileSync(
      probe,
      `import fs from 'node:fs'; fs.writeFileSync(process.argv[2] + '.tmp', JSON.stringify({ argv: process.argv.slice(3), env: process.env, cwd: process.cwd() })); fs.renameSync(process.argv[2] + '.tmp', process.argv[2]); setInterval(() => {}, 1e6);`,
    );
    const agent = (name: string, secret: string): unknown => ({
      name,
      runtime: 'demo',
      command: [
        process.execPath,
        probe,
        path.join(fleet.directory, `${name}.json`),
        ...words.map((word) => word.replaceAll('{', '{{').replaceAll('}', '}}')),
      ],
      working_directory: odd,
      env: {
        ...Object.fromEntries(values.map((value, index) => [`V${index}`, value])),
        SECRET: secret,
        IFS: 'x',
        BASH_ENV: trap,
      },
    });
    const roster = {
      version: 1,
      transport: 'tmux',
      tmux: { socket_name: fleet.socket },
      agents: [agent('one', 'first secret'), agent('two', 'second secret')],
    };
    fs.writeFileSync(fleet.roster, JSON.stringify(roster));
    await fleet.expect(0, 'install');
    const { stdout } = await fleet.expect(0, 'apply');
    expect(stdout).not.toContain('secret');
    for (const [name, secret] of [
      ['one', 'first secret'],
      ['two', 'second secret'],
    ] as const) {
      const file = path.join(fleet.directory, `${name}.json`);
      const seen = JSON.parse(
        await until(`${name} has started`, () => fs.existsSync(file) && fs.readFileSync(file, 'utf8')),
      ) as { argv: string[]; env: Record<string, string>; cwd: string };
      expect(seen.argv).toEqual(words);
      expect(seen.cwd).toBe(odd);
      values.forEach((value, index) => expect(seen.env[`V${index}`]).toBe(value));
      expect(seen.env['SECRET']).toBe(secret);
      expect(seen.env['MOSAIC_AGENT_NAME']).toBe(name);
      for (const leaked of [
        'NOTIFY_SOCKET',
        'INVOCATION_ID',
        'JOURNAL_STREAM',
        'MAINPID',
        'MOSAIC_FLEET_NODE',
      ])
        expect(seen.env[leaked]).toBeUndefined();
    }
    expect(fs.existsSync(trap)).toBe(false);
    expect((await fleet.fleet('plan', '--json')).stdout).not.toContain('secret');
    expect((await fleet.fleet('status', '-o', 'json')).stdout).not.toContain('secret');
    await fleet.expect(0, 'verify');
  });

  test('a home with spaces, quotes, %, $ and brackets works everywhere', async () => {
    await fleet.dispose();
    fleet = new FleetSandbox(`m o%i$HOME'"\\[x]é`);
    await up();
    await fleet.expect(0, 'verify');
    expect((await fleet.expect(0, 'install')).stdout).toContain('Nothing to install');
    await fleet.expect(0, 'restart', 'a');
    await fleet.expect(0, 'stop');
    await fleet.expect(0, 'uninstall');
  });
});

describe('two at once, and cut short', () => {
  test('two applies do the work once, and neither fails', async () => {
    fleet.writeRoster([sleeper('a'), sleeper('b'), sleeper('c')]);
    await fleet.expect(0, 'install');
    const both = await Promise.all([fleet.fleet('apply'), fleet.fleet('apply')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const started = both.flatMap(({ stdout }) => stdout.match(/✓ \w started/g) ?? []);
    expect(started.toSorted()).toEqual(['✓ a started', '✓ b started', '✓ c started']);
    await fleet.expect(0, 'verify');
  });

  test('a command that finds the lock held gives up with 5 and says by whom', async () => {
    await up();
    fs.appendFileSync(fleet.roster, `  - ${sleeper('c')}\n`);
    const locks = path.join(fleet.state, 'locks', 'pass');
    const stat = fs.readFileSync(`/proc/${process.pid}/stat`, 'utf8');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const bootId = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const top = Math.max(
      ...fs
        .readdirSync(locks)
        .filter((name) => /^[0-9]+$/.test(name))
        .map(Number),
    );
    fs.writeFileSync(
      path.join(locks, String(top + 1)),
      JSON.stringify({ pid: process.pid, startTime, bootId, purpose: 'fleet apply' }),
    );
    const { stderr } = await fleet.expect(5, 'apply');
    expect(stderr).toContain(`fleet apply (pid ${process.pid}) has held the lock`);
    // The owner is another process of the same number: dead.
    fs.writeFileSync(
      path.join(locks, String(top + 1)),
      JSON.stringify({ pid: process.pid, startTime: '1', bootId, purpose: 'fleet apply' }),
    );
    await fleet.expect(0, 'apply');
  });

  test('an apply killed anywhere is healed by the next', async () => {
    fleet.writeRoster(['a', 'b', 'c', 'd', 'e', 'f'].map(sleeper));
    await fleet.expect(0, 'install');
    for (const afterMs of [60, 120, 180, 240, 320]) {
      const cut = await fleet.fleetWith(
        {
          started: (pid) =>
            setTimeout(() => {
              try {
                process.kill(pid, 'SIGKILL');
              } catch {
                // It was faster, which is as good.
              }
            }, afterMs),
        },
        'apply',
      );
      expect([null, 0]).toContain(cut.code);
      const healed = await fleet.fleet('apply', '--wait', '20s');
      expect([healed.code, healed.stdout, healed.stderr]).toEqual([0, expect.anything(), expect.anything()]);
      await fleet.expect(0, 'verify');
      await fleet.expect(0, 'stop');
      fs.rmSync(path.join(fleet.state, 'holds.json'));
    }
  });

  test('Ctrl-C finishes the step under way and begins no other', async () => {
    fleet.writeRoster(
      [sleeper('a'), sleeper('b'), sleeper('c')],
      `defaults: { start_spacing: 20s, working_directory: ${fleet.work} }`,
    );
    await fleet.expect(0, 'install');
    let pid = 0;
    const applying = fleet.fleetWith({ started: (started) => (pid = started) }, 'apply');
    await until('the first runs', async () => Object.keys(await fleet.pids()).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.kill(pid, 'SIGINT');
    const { code, stdout, stderr } = await applying;
    expect([code, stdout]).toEqual([130, expect.stringContaining('Applied: 1 started; 2 interrupted.')]);
    expect(stderr).toContain('finishing the step under way');
    expect(Object.keys(await fleet.pids())).toEqual(['a']);
  });
});
