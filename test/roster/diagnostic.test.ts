import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../src/roster/diagnostic.js';
import { agentText, diagnosticsOf, head } from './compiling.js';

const printed = (text: string, file = 'r.yaml'): string =>
  diagnosticsOf(text, {}, file).map(formatDiagnostic).join('\n');

describe('formatDiagnostic', () => {
  it('prints place, message, question and frame', () => {
    expect(printed(head('agents:\n  - name: a\n    runtime: codx\n'))).toBe(
      [
        'r.yaml:5:14: unknown runtime "codx": use claude, codex, opencode, pi, gemini, or give it a command (here or under runtimes) (did you mean "codex"?)',
        '  4 |   - name: a',
        '> 5 |     runtime: codx',
        '    |              ^^^^',
      ].join('\n'),
    );
  });

  it('cuts long lines around the column', () => {
    const text = head(
      `agents: [{ name: a, runtime: pi, class: ${'x'.repeat(500)}, clas: y, model_hint: ${'z'.repeat(500)} }]`,
    );
    const [before, line, caret] = printed(text).split('\n').slice(1);
    expect(before).toBe('  2 | transport: tmux');
    expect(line).toMatch(/^> 3 \| …x+, clas: y, model_hint: z+…$/);
    expect(line?.length).toBeLessThan(110);
    expect(line?.slice(caret?.indexOf('^'), (caret?.lastIndexOf('^') ?? 0) + 1)).toBe('clas');
  });

  it('never prints what a terminal would act on', () => {
    const text = head('agents:\n  - name: a\n    runtime: pi\n    \u202eclas\u009b: "\u2028"\n');
    const out = printed(text, 'r\x1b[31m.yaml');
    expect(out).toContain('r␛[31m.yaml:6:');
    // eslint-disable-next-line no-control-regex -- control characters are what this looks for
    expect(out.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
  });

  it('the caret stands right below wide characters', () => {
    const out = printed(head('agents: [{ name: a, runtime: pi, class: "日本😀", clas: y }]')).split('\n');
    const line = out.at(-2) ?? '';
    const columns = Array.from(line.slice(0, line.indexOf('clas: y'))).length + 3;
    expect(out.at(-1)?.indexOf('^')).toBe(columns);
  });

  it.each([
    ['a variable', '1B', 'env: { A: hidden, 1B: x, C: y }'],
    ['a field behind hidden values', 'clas', 'env: { A: h, B: [h] }, clas: y, colour: { a: b }, class: z'],
    ['a hidden value that holds what stands behind it', 'clas', 'env: { A: "}, clas: y", B: h }, clas: z'],
  ])('the caret stands right between hidden values: %s', (_, key, fields) => {
    const out = printed(head(`agents:\n  - { name: a, runtime: pi, ${fields} }`)).split('\n');
    const at = out.findIndex((line) => line.startsWith('r.yaml') && line.includes(`"${key}"`));
    const [line = '', caret = ''] = out.slice(at + 2, at + 4);
    expect(line).not.toContain('A: h');
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe(key);
  });

  it('a hidden value that has come to be a key is hidden in its path, too', () => {
    const lines = '  - name: a\n    runtime: pi\n    env:\n      TOKEN: b\n?       secret\n';
    const found = diagnosticsOf(head(`agents:\n${lines}`));
    expect(found.map(({ code }) => code)).toEqual(['UnknownField']);
    expect(JSON.stringify(found)).not.toContain('secret');
  });

  it.each<readonly [string, string, string]>([
    ['env: { A: field }\nfield: []', 'agents[0].field', 'unknown field "field"'],
    ["env: { A: field }\n'field': []", 'agents[0].field', 'unknown field "field"'],
    ['env: { A: class }\nclass: a\n"class": b', 'agents[0].class', '"class" is already given'],
    ['env: { A: soon }\nidle_after: soon', 'agents[0].idle_after', 'not "soon"'],
  ])(
    'names what stands openly where it points to, though a variable has that for its value: %j',
    (lines, path, message) => {
      const [found] = diagnosticsOf(agentText(lines));
      expect(found).toMatchObject({ path, message: expect.stringContaining(message) as string });
      expect(found?.frame).not.toMatch(/A: [a-z]/);
    },
  );

  it('points at the end of a text that ends too early', () => {
    expect(printed('class: "b')).toBe(
      'r.yaml:1:10: Missing closing "quote\n> 1 | class: "b\n    |          ^',
    );
  });
});
