import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { Findings } from '../../src/roster/finding.js';
import { toPlain } from '../../src/roster/plain.js';
import { SourceText } from '../../src/roster/source-text.js';
import { parseSyntax } from '../../src/roster/syntax.js';

const names = fc.constantFrom('x', 'y');

/** Flow values that name parts of themselves, again and again, and repeat what was named before. */
const { value } = fc.letrec<{ value: string; list: string; map: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('1', 'a', '"b"'),
    fc.tuple(names, fc.constantFrom('2', 'c')).map(([name, text]) => `&${name} ${text}`),
    names.map((name) => `*${name} `),
    tie('list'),
    tie('map'),
    fc.tuple(names, fc.oneof(tie('list'), tie('map'))).map(([name, text]) => `&${name} ${text}`),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
  map: fc
    .array(tie('value'), { maxLength: 3 })
    .map((items) => `{ ${items.map((item, nth) => `k${nth}: ${item}`).join(', ')} }`),
}));

test('an alias stands for what yaml says it stands for', () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => {
      const text = values.map((one, nth) => `f${nth}: ${one}\n`).join('');
      const syntax = parseSyntax(text);
      if (!syntax.ok || syntax.value === null) return;
      const findings = new Findings();
      const plain = toPlain(syntax.value, { kind: 'any' }, new SourceText(text), findings);
      if (findings.list.length > 0) return;
      compared += 1;
      expect(plain, text).toEqual(parseDocument(text).toJS());
    }),
    { numRuns: 20_000 },
  );
  expect(compared).toBeGreaterThan(1000);
});
