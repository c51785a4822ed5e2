import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyPackage } from '../support/package-copy.js';
import { cli, FleetSandbox, run, sleeper, snapshot, until } from '../support/fleet-sandbox.js';
import { isRoot } from '../support/own-mounts.js';

let fleet: FleetSandbox;
beforeEach(() => {
  fleet = new FleetSandbox();
});
afterEach(() => fleet.dispose());

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
    [
      'missing',
      null,
      /no such file or directory\nPut the one that was applied last back with: fleet rollback/,
    ],
    ['empty', '', /is empty; `fleet rollback` puts the one that was applied last back/],
    ['only comments', '# nothing yet\n', /fleet rollback/],
    ['cut off', 'version: 1\ntransport: tmux\nagents:\n  - { name: a, runti', /roster\.yaml:4:/],
    ['with tabs', 'version: 1\ntransport: tmux\nagents:\n\t- name: a\n', /tab/i],
    ['with a key twice', 'version: 1\nversion: 1\ntransport: tmux\nagents: []\n', /roster\.yaml:2:1:/],
    ['an alias bomb', `version: 1\ntransport: tmux\n${bomb}\n`, /alias/i],
    ['of another version', 'version: 2\ntransport: tmux\nagents: []\n', /version/],
    ['a list', '- a\n', /map/i],
    ['binary', '\u0000\u0001\u0002', /roster\.yaml:1:/],
  ];

  test.each(cases)('%s', async (_, text, message) => {
    const before = await fleet.upSleepers();
    if (text === null) fs.rmSync(fleet.roster);
    else fs.writeFileSync(fleet.roster, text);
    const files = snapshot(fleet.directory, fleet.units);
    for (const command of ['validate', 'plan', 'apply', 'status', 'install', 'stop', 'start']) {
      const { code, stderr, stdout } = await fleet.fleet(command);
      expect([command, code]).toEqual([command, 78]);
      if (command === 'status')
        expect(stdout).toContain('this is the fleet by the one that was applied last');
      else expect(stdout).toBe('');
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
    // The checkout may lie in a home that is closed to others.
    const own = copyPackage(path.dirname(path.dirname(cli)), secret);
    // Root may read everything.
    const ordinary = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const [program = '', ...words] = [
      ...(isRoot ? ordinary : []),
      ...[process.execPath, own, 'validate', copy],
    ];
    const nobody = await run(program, words, {
      cwd: '/',
      env: { ...fleet.env, HOME: '/nonexistent', MOSAIC_HOME: '/nonexistent' },
    });
    expect([nobody.code, nobody.stderr]).toEqual([78, expect.stringContaining('permission denied')]);
    fs.rmSync(secret, { recursive: true });
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
      runtime: 'sleeper',
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
    await fleet.upSleepers();
    await fleet.expect(0, 'verify');
    expect((await fleet.expect(0, 'install')).stdout).toContain('Nothing to install');
    await fleet.expect(0, 'restart', 'a');
    await fleet.expect(0, 'stop');
    await fleet.expect(0, 'uninstall');
  });
});

test('a socket file that was removed costs nobody, and is made again as the manual says', async () => {
  const before = await fleet.upSleepers();
  const tmux = ['-u', '-L', fleet.socket];
  const socket = (await run('tmux', [...tmux, 'display-message', '-p', '#{socket_path}'])).stdout.trim();
  fs.rmSync(socket);
  const unseen = await fleet.expect(69, 'verify');
  expect(unseen.stdout).toContain('its socket file removed?');
  await fleet.expect(69, 'apply');
  expect((await fleet.expect(69, 'stop')).stderr).toBe('Nothing was stopped or held.\n');
  const manual = fs.readFileSync(path.join(path.dirname(path.dirname(cli)), 'docs', 'operating.md'), 'utf8');
  const words = /`(systemctl --user kill [^`]*-s USR1 [^`]*)`/.exec(manual)?.[1]?.split(' ') ?? [];
  expect((await run(words[0] ?? '', words.slice(1))).code).toBe(0);
  await until('it is there', () => fs.existsSync(socket));
  await fleet.expect(0, 'verify');
  expect(await fleet.pids()).toEqual(before);
});
