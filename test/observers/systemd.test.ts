import { describe, expect, test } from 'vitest';
import type { Exec, ExecResult } from '../../src/host/exec.js';
import { observeFigures } from '../../src/observers/figures.js';
import { observeUnits, showUnitPath } from '../../src/observers/systemd.js';
import { parseEnvironment, parseUnitList, parseUnitProperties } from '../../src/observers/systemd-output.js';

/** What systemd 252 printed. */
const captured =
  '[{"unit":"mosaic-agent@a.b.service","load":"loaded","active":"active","sub":"running","description":"mosaic-agent@a.b.service"},{"unit":"mosaic-agent@c-1.service","load":"loaded","active":"active","sub":"running","description":"mosaic-agent@c-1.service"},{"unit":"mosaic-fleet.service","load":"loaded","active":"failed","sub":"failed","description":"mosaic-fleet.service"}]\n';
const shown = `MainPID=0
MemoryCurrent=[not set]
CPUUsageNSec=[not set]
TasksCurrent=[not set]
Id=mosaic-tmux-holder.service

MainPID=184
MemoryCurrent=237568
CPUUsageNSec=1500000000
TasksCurrent=1
Id=mosaic-agent@a.b.service

MainPID=9
MemoryCurrent=18446744073709551615
Id=mosaic-agent@c.service
`;
const given =
  (result: ExecResult): Exec =>
  () =>
    Promise.resolve(result);
const printed = (stdout: string, code = 0, stderr = ''): Exec =>
  given({ kind: 'exited', code, stdout, stderr });

describe('a list of units', () => {
  test('has an agent whose start waits in the queue on its way, and no other that does not run', () => {
    const row = (agent: string, active: string, job?: string) => ({
      ...{ unit: `mosaic-agent@${agent}.service`, load: 'loaded', active, sub: 'dead', description: '' },
      ...(job === undefined ? {} : { job }),
    });
    const rows = [
      row('a', 'inactive', 'start'),
      row('b', 'failed', 'restart'),
      row('c', 'inactive'),
      row('d', 'failed', 'stop'),
      row('e', 'deactivating', 'start'),
    ];
    const agents = parseUnitList(JSON.stringify(rows))?.agents ?? new Map<string, { active: string }>();
    expect([...agents.values()].map(({ active }) => active)).toEqual([
      ...['activating', 'activating', 'inactive', 'failed', 'deactivating'],
    ]);
  });
  test('as systemd prints it', () => {
    expect(parseUnitList(captured)).toEqual({
      holder: null,
      controller: { active: 'failed', sub: 'failed' },
      agents: new Map([
        ['a.b', { active: 'active', sub: 'running' }],
        ['c-1', { active: 'active', sub: 'running' }],
      ]),
    });
  });

  test('may be empty, and units of others are passed over', () => {
    expect(parseUnitList('[]')?.agents.size).toBe(0);
    const rows = [
      'dbus.service',
      'mosaic-agent@.service',
      'x-mosaic-agent@a.service',
      'mosaic-agent@a.timer',
    ];
    const text = JSON.stringify(rows.map((unit) => ({ unit, active: 'active', sub: 'x' })));
    expect(parseUnitList(text)).toEqual({ holder: null, controller: null, agents: new Map() });
  });

  test('cut anywhere is none', () => {
    for (let at = 0; at < captured.length - 2; at += 1)
      expect(parseUnitList(captured.slice(0, at))).toBeNull();
  });

  test.each([
    ['no list', '{}'],
    ['null', 'null'],
    ['a row that is none', '[7]'],
    ['null for a row', '[null]'],
    ['a state from the future', '[{"unit":"mosaic-agent@a.service","active":"refreshing","sub":"x"}]'],
    ['a state of the prototype', '[{"unit":"mosaic-agent@a.service","active":"constructor","sub":"x"}]'],
    ['no state', '[{"unit":"mosaic-agent@a.service","sub":"x"}]'],
  ])('with %s is none', (_, text) => {
    expect(parseUnitList(text)).toBeNull();
  });
});

describe("the user manager's environment", () => {
  test('as systemctl 252 prints it', () => {
    const text = String.raw`HOME=/home/x
EMPTY=
A=$'x y'
B=$'it\'s'
C=$'é\\n'
D=$'a\nb\001c'
F=$'$x\x60"'
G=a=b
`.replace('\\x60', '`');
    expect(parseEnvironment(text)).toEqual({
      ...{
        HOME: '/home/x',
        EMPTY: '',
        A: 'x y',
        B: "it's",
        C: 'é\\n',
        D: 'a\nb\u0001c',
        F: '$x`"',
        G: 'a=b',
      },
    });
  });
});

describe('systemctl', () => {
  test.each<readonly [string, Exec, string]>([
    ['has no bus', printed('', 1, 'Failed to connect to bus: No medium found\n'), 'Failed to connect to bus: No medium found (no user systemd'],
    ['fails without a word', printed('[]', 4), 'systemctl exited with 4'],
    ['prints no list', printed('0 units'), 'systemctl printed no list of units'],
    ['hangs', given({ kind: 'timeout', program: 'systemctl', timeoutMs: 5000 }), 'systemctl did not answer within 5s'],
    ['is missing', given({ kind: 'missing', program: 'systemctl' }), 'systemctl is not installed'],
  ])('that %s leaves units unknown', async (_, exec, message) => {
    expect(await observeUnits(exec)).toEqual({ known: false, message: expect.stringContaining(message) as string });
  }); // prettier-ignore

  test('that prints nothing but an empty list knows that no unit is there', async () => {
    expect(await observeUnits(printed('[]\n'))).toMatchObject({ known: true, value: { agents: new Map() } });
  });
});

describe('properties', () => {
  test('in any order, with = in values', () => {
    expect(parseUnitProperties('Env=A=b=c\nId=x.service\n\nId=y.service\nEnv=\n')).toEqual(
      new Map([
        ['x.service', { Id: 'x.service', Env: 'A=b=c' }],
        ['y.service', { Id: 'y.service', Env: '' }],
      ]),
    );
    expect(parseUnitProperties('').size).toBe(0);
  });

  test('that are lists of paths, with blanks, quotes and backslashes in them', async () => {
    const shown = String.raw`/run/user/0/systemd/user "/home/ü b/.config/systemd/user" "/we\\ird \"x/user" /etc/systemd/user`;
    expect(await showUnitPath(printed(`${shown}\n`))).toEqual([
      ...['/run/user/0/systemd/user', '/home/ü b/.config/systemd/user'],
      ...[String.raw`/we\ird "x/user`, '/etc/systemd/user'],
    ]);
  });

  test('are figures where systemd accounts for them, and null where not', async () => {
    const figures = await observeFigures(printed(shown), ['a.b', 'c', 'absent']);
    expect(figures.holderPid).toBeNull();
    expect(figures.agents.get('a.b')).toEqual({ memoryBytes: 237568, cpuSeconds: 1.5, tasks: 1 });
    const none = { memoryBytes: null, cpuSeconds: null, tasks: null };
    expect(figures.agents.get('c')).toEqual(none);
    expect(figures.agents.get('absent')).toEqual(none);
    expect((await observeFigures(printed('', 1), ['a'])).agents.get('a')).toEqual(none);
  });
});
