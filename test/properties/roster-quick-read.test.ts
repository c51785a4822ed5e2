import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Findings } from '../../src/roster/finding.js';
import { Locator } from '../../src/roster/locate.js';
import { toPlain } from '../../src/roster/plain.js';
import { quickRead } from '../../src/roster/quick-read.js';
import { ROSTER_SHAPE } from '../../src/roster/shapes.js';
import { SourceText } from '../../src/roster/source-text.js';
import { parseSyntax } from '../../src/roster/syntax.js';
import { STYLES, rosters } from './roster-generated.js';

/** What the full parser makes of a text, and the lines of its agents' names; null where it finds a fault. */
const fullRead = (text: string) => {
  const syntax = parseSyntax(text);
  if (!syntax.ok || syntax.value === null) return null;
  const source = new SourceText(text);
  const findings = new Findings();
  const plain = toPlain(syntax.value, ROSTER_SHAPE, source, findings);
  if (findings.list.length > 0) return null;
  const locator = new Locator(syntax.value);
  return {
    plain,
    lineOf: (path: (string | number)[]) => source.position(locator.find({ kind: 'key', path })[0]).line,
  };
};

const holdsTogether = (text: string): boolean => {
  const quick = quickRead(text, ROSTER_SHAPE);
  if (quick === null) return false;
  const full = fullRead(text);
  expect({ text, plain: quick.plain }).toEqual({ text, plain: full?.plain });
  const agents = quick.plain['agents'];
  for (const [index, agent] of (Array.isArray(agents) ? agents : []).entries()) {
    const line = quick.nameLines.get(agent);
    if (line !== undefined) expect(full?.lineOf(['agents', index, 'name'])).toBe(line);
  }
  return true;
};

/** A roster as people write them. */
const USUAL = `# comment
version: 1
transport: tmux
defaults:
  launcher: [mosaic, yolo]   # comment
  backoff: { base: 10s, max: 10m }
agents:
- name: a.b
  runtime: "codex"
  env:
    URL: http://x.y:80/z
    EMPTY: ''
  command:
    - codex
    - --model

    - '{model_hint}'
  suspend: false
- { name: c,runtime: pi, command: ["pi",'--model',x], resume: false }
`;

describe('the quick reader', () => {
  it('reads what it accepts exactly as the full parser does', () => {
    fc.assert(
      fc.property(rosters, fc.constantFrom(...STYLES), (plain, style) => {
        holdsTogether(style(plain));
      }),
      { numRuns: 1000 },
    );
  });

  it('and so it does with damaged texts', () => {
    const damage = fc.constantFrom(
      ' ',
      '  ',
      '\n',
      ':',
      ': ',
      '- ',
      '-',
      ',',
      ', ',
      '#',
      ' #',
      '"',
      "'",
      '[',
      ']',
      '{',
      '}',
      'x',
      '0',
      '.',
      '~',
      '&a',
      '*a',
      '!',
      '|',
      '>',
      '%',
      '@',
      '?',
      '? ',
      '\t',
      '1e3',
      '---\n',
      '',
    );
    const cuts = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 6 }), damage), { minLength: 1, maxLength: 3 });
    const styled = fc
      .tuple(rosters, fc.constantFrom(...STYLES.slice(0, 5)))
      .map(([plain, style]) => style(plain));
    const texts = fc.oneof(fc.constant(USUAL), styled);
    let accepted = 0;
    fc.assert(
      fc.property(texts, cuts, (whole, damages) => {
        let text = whole;
        for (const [at, removed, inserted] of damages) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + inserted + text.slice(place + removed);
        }
        if (holdsTogether(text)) accepted++;
      }),
      { numRuns: 8000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('and with any lines that look like a roster’s', () => {
    const line = fc.constantFrom(
      'a: b',
      'name: x',
      '- a',
      '- name: y',
      'k:',
      '- k:',
      '-',
      '- - a',
      'k: [a, b]',
      'k: { a: b }',
      'k: [a,b]',
      'k: [ ]',
      'k: [a, ]',
      '# c',
      'k: v # c',
      'k: v#c',
      'k: "v" # c',
      'k: a:b',
      'k: a: b',
      'k: 08',
      'k: 1.0',
      'k: .5',
      'k: null',
      'k: ~',
      'k: ~/x',
      'k: -x',
      'k: - x',
      'k: a  b',
      'plain',
      'k : v',
      "k: 'a''b'",
      'k: "a\\nb"',
      'k: True',
      'agents:',
      'env: { PORT: 08 }',
      'command: [5.0, x]',
      '',
      '   ',
    );
    const lines = fc.array(fc.tuple(fc.constantFrom('', '', '  ', '    ', ' '), line), {
      minLength: 1,
      maxLength: 7,
    });
    let accepted = 0;
    fc.assert(
      fc.property(lines, (all) => {
        if (holdsTogether(all.map(([indent, rest]) => indent + rest).join('\n'))) accepted++;
      }),
      { numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('accepts rosters as people write them', () => {
    expect(holdsTogether(USUAL)).toBe(true);
  });
});
