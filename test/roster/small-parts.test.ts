import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/roster/canonical-json.js';
import { canonicalDirectory, expandHome } from '../../src/roster/directory.js';
import { formatDuration, parseDuration } from '../../src/roster/duration.js';
import { nearest } from '../../src/roster/nearest.js';
import { pieces, renderKickstart } from '../../src/roster/placeholders.js';
import { signsOfDeparted } from '../../src/roster/profile.js';
import { BUILT_IN } from '../../src/roster/profiles.js';
import { KNOWN_RUNTIMES, defaultResetCommand } from '../../src/roster/runtimes.js';
import { splitWords } from '../../src/roster/words.js';
import { agentOf } from './compiling.js';

describe('durations', () => {
  it.each([
    ['10s', 10_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1m30s250ms', 90_250],
    ['0s', 0],
    ['', null],
    ['30', null],
    ['30 s', null],
    ['1.5s', null],
    ['-1s', null],
    ['5s1m', null],
    ['s', null],
    ['1S', null],
    ['10000000000s', null],
  ])('%j is %j', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    [0, '0s'],
    [90_000, '1m30s'],
    [600_000, '10m'],
    [500, '500ms'],
    [3_600_001, '1h1ms'],
  ])('%i ms is written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('splitWords', () => {
  it.each([
    ['a b  c', ['a', 'b', 'c']],
    ['', []],
    [`a "b c" 'd e'`, ['a', 'b c', 'd e']],
    [`a"b"'c'd`, ['abcd']],
    [`"" ''`, ['', '']],
    ['a\\ b', ['a b']],
    [`"a\\"b\\$c\\d"`, ['a"b$c\\d']],
    [`'a\\b'`, ['a\\b']],
    ['$HOME *.ts `id` $(id); # x', ['$HOME', '*.ts', '`id`', '$(id);', '#', 'x']],
    ['a\\\nb', ['ab']],
  ])('%j', (line, words) => {
    expect(splitWords(line)).toEqual({ ok: true, value: words });
  });

  it.each([
    ['"a', 'a double quote is not closed'],
    ["a 'b", 'a single quote is not closed'],
    ['a\\', 'it ends in a backslash that quotes nothing'],
  ])('%j: %s', (line, failure) => {
    expect(splitWords(line)).toEqual({ ok: false, failure });
  });
});

describe('nearest', () => {
  it.each([
    ['codx', 'codex'],
    ['CODEX', 'codex'],
    ['cluade', 'claude'],
    ['ip', 'pi'],
    ['goose', null],
    ['x', null],
    ['', null],
    ['x'.repeat(200), null],
  ])('%.20s → %s', (name, expected) => {
    expect(nearest(name, KNOWN_RUNTIMES)).toBe(expected);
  });

  it.each([
    ['Lead', ['bead', 'lead'], 'lead'],
    ['A', ['a', 'b'], 'a'],
    ['A', ['b', 'c'], null],
  ])('%s among %j → %s: letter case alone is no slip', (name, candidates, expected) => {
    expect(nearest(name, candidates)).toBe(expected);
  });
});

describe('directories', () => {
  it.each([
    ['/home/me/src', '~/src'],
    ['/home/me/', '~'],
    ['/home/me2', '/home/me2'],
    ['~/a//b/./c/', '~/a/b/c'],
    ['~', '~'],
    ['/', '/'],
    ['/a//b/', '/a/b'],
    ['/a/..b', '/a/..b'],
  ])('%s is %s', (text, value) => {
    expect(canonicalDirectory(text, '/home/me')).toEqual({ ok: true, value });
  });

  it('a home of / or with a final slash is a home', () => {
    expect(canonicalDirectory('/root/x', '/root/')).toEqual({ ok: true, value: '~/x' });
    expect(canonicalDirectory('/x', '/')).toEqual({ ok: true, value: '/x' });
  });

  it.each([
    ['~/src', '/home/me', '/home/me/src'],
    ['~', '/home/me', '/home/me'],
    ['/srv', '/home/me', '/srv'],
    ['~/x', '/', '/x'],
    ['~/x', '/root/', '/root/x'],
  ])('%s under %s is %s', (directory, home, expected) => {
    expect(expandHome(directory, home)).toBe(expected);
  });
});

describe('placeholders', () => {
  it('takes templates apart', () => {
    expect(pieces('a{{b}}{name}{')).toEqual([
      { kind: 'text', text: 'a' },
      { kind: 'text', text: '{' },
      { kind: 'text', text: 'b' },
      { kind: 'text', text: '}' },
      { kind: 'name', name: 'name', offset: 6 },
      { kind: 'brace', brace: '{', offset: 12 },
    ]);
  });

  it('fills a kickstart in; the persona is the agent’s name where none is given', () => {
    const files = { 'k.md': '{name} {class} {runtime} {model_hint} {persona} {working_directory} {{x}}' };
    const agent = agentOf('kickstart_template: k.md\nmodel_hint: m\nworking_directory: ~/x', '', files);
    expect(renderKickstart(agent, '/home/me')).toBe('a worker codex m a /home/me/x {x}');
    expect(renderKickstart({ ...agent, persona: 'Ada' }, '/h')).toContain(' Ada /h/x');
    expect(renderKickstart({ ...agent, kickstart: null }, '/h')).toBeNull();
  });
});

describe('runtimes', () => {
  it('knows their reset commands', () => {
    expect(KNOWN_RUNTIMES.map((name) => [name, defaultResetCommand(name)])).toEqual([
      ['claude', '/clear'],
      ['codex', '/clear'],
      ['opencode', '/clear'],
      ['pi', '/new'],
      ['gemini', '/clear'],
    ]);
    expect(defaultResetCommand('goose')).toBeNull();
  });
});

describe('canonicalJson', () => {
  it('sorts keys at every level and keeps lists', () => {
    expect(canonicalJson({ b: [2, { d: null, c: 'x' }], a: true })).toBe(
      '{"a":true,"b":[2,{"c":"x","d":null}]}',
    );
  });
});

it('of an agent that has left the roster its record tells how its runtime looks, as what it was started', () => {
  const claude = BUILT_IN.get('claude');
  const record = { runtime: 'claude', busy_pattern: '^thinking' };
  const signs = signsOfDeparted(record, 'claude');
  expect(signs.busy).toEqual([{ on: 'either', pattern: '^thinking' }]);
  expect(signs.dialog).toEqual(claude?.dialog);
  // The record is of an edit that has not restarted it yet: what it says is another runtime's.
  expect(signsOfDeparted({ ...record, runtime: 'mine' }, 'claude')).toBe(claude);
});
