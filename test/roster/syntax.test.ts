import { describe, expect, it } from 'vitest';
import { diagnosticsOf, head, rosterOf } from './compiling.js';

describe('texts that are no roster', () => {
  it.each([
    ['', 'Empty', /`fleet rollback` .*`fleet init`/],
    ['# only a comment\n\n', 'Empty', /the roster is empty/],
    ['null', 'Empty', /the roster is empty/],
    ['- a\n', 'WrongType', /a roster is a map/],
    ['just text', 'WrongType', /a roster is a map/],
    [head('agents:\n\t- name: a\n'), 'Syntax', /tabs are not allowed as indentation in YAML; use spaces/],
    [head('agents:\n  - { name: a'), 'Syntax', /must be sufficiently indented and end with a \}/],
    ['a: "b', 'Syntax', /Missing closing "quote/],
    ['a: b: c', 'Syntax', /put a text that contains ": " in quotes/],
    ['a: !x b', 'Syntax', /Unresolved tag; a roster needs no tags/],
    ['a: 1\n---\nb: 2', 'Syntax', /a roster is one document/],
    ['['.repeat(200_000), 'Syntax', /nested more than 100 levels deep/],
    ['- '.repeat(200_000), 'Syntax', /nested more than 100 levels deep/],
    ['{"a":'.repeat(200_000), 'Syntax', /nested more than 100 levels deep/],
    ['x'.repeat(4 * 1024 * 1024 + 1), 'TooLarge', /larger than 4 MiB/],
    ['ü'.repeat(2 * 1024 * 1024 + 1), 'TooLarge', /larger than 4 MiB/],
  ])('%.30j', (text, code, message) => {
    const found = diagnosticsOf(text);
    expect(found[0]).toMatchObject({ code, file: 'roster.yaml' });
    expect(found[0]?.message).toMatch(message);
    expect(new Set(found.map((each) => each.code))).toEqual(new Set([code]));
  });

  it('a large roster may stand on one line, as JSON tools write it', () => {
    const agents = Array.from({ length: 500 }, (_, n) => ({
      name: `a${n}`,
      runtime: 'pi',
      env: { A: 'b: c' },
    }));
    const text = JSON.stringify({ version: 1, transport: 'tmux', agents });
    expect(rosterOf(text).agents).toHaveLength(500);
    // And what does nest within brackets is still bounded.
    expect(diagnosticsOf(`[${'? '.repeat(200)}x]`)[0]?.message).toMatch(/nested more than 100/);
  });

  it('several syntax errors are all reported, a hundred at most', () => {
    expect(diagnosticsOf('a: b: c\nd: e: f\n').map(({ line }) => line)).toEqual([1, 2]);
    expect(diagnosticsOf('"'.repeat(100_000)).length).toBeLessThanOrEqual(100);
  });

  it('a bomb of aliases is defused', () => {
    const levels = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`);
    const found = diagnosticsOf(`a0: &a0 [x,x,x,x,x,x,x,x,x]\n${levels.join('\n')}\n`);
    expect(found.filter(({ code }) => code === 'TooLarge')).toHaveLength(1);
    expect(found.find(({ code }) => code === 'TooLarge')?.message).toMatch(
      /aliases make more than 100000 values/,
    );
  });

  it('an alias inside itself is refused', () => {
    const found = diagnosticsOf(head('agents: &a [*a]'));
    expect(found.map(({ message }) => message).join()).toMatch(/the alias "\*a" contains itself/);
  });

  it('YAML 1.1 is not spoken, whatever the text says', () => {
    const found = diagnosticsOf(
      '%YAML 1.1\n---\nversion: 1\ntransport: tmux\nagents: [{ name: a, runtime: pi, suspend: yes }]\n',
    );
    expect(found).toMatchObject([{ code: 'WrongType', path: 'agents[0].suspend' }]);
  });

  it('duplicate keys are errors in JSON, too', () => {
    const text =
      '{ "version": 1, "transport": "tmux",\n  "agents": [{ "name": "a", "runtime": "pi" }],\n  "version": 1 }';
    expect(diagnosticsOf(text, {}, 'roster.json')).toMatchObject([
      {
        code: 'DuplicateKey',
        file: 'roster.json',
        line: 3,
        column: 3,
        message: '"version" is already given on line 1',
      },
    ]);
  });

  it('CRLF and a missing final newline change nothing', () => {
    const text = head('agents:\n  - name: a\n    runtime: pi');
    expect(rosterOf(text.replaceAll('\n', '\r\n'))).toEqual(rosterOf(`${text}\n`));
  });
});
