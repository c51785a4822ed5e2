import { expect, test } from 'vitest';
import { rosterDiff } from '../../../src/cli/render/diff-text.js';
import { styleFor } from '../../../src/cli/render/style.js';

const plain = styleFor(false);
const diff = (before: string, after: string): readonly string[] =>
  rosterDiff({ name: 'now', text: before }, { name: 'then', text: after }, plain);

test('the same text has no difference', () => {
  expect(diff('a: 1\n', 'a: 1\n')).toEqual([]);
});

test('a changed value of env shows as a changed line, and neither value', () => {
  const text = (value: string): string => `agents:\n  - name: a\n    env: { T: ${value} }\n`;
  expect(diff(text('old'), text('new'))).toEqual([
    '--- now',
    '+++ then',
    '@@ -1,3 +1,3 @@',
    ' agents:',
    '   - name: a',
    '-    env: { T: ••• }',
    '+    env: { T: ••• }',
  ]);
});

test('what a terminal would act on is made visible', () => {
  expect(diff('', 'class: \u001b[31m\n')).toContain('+class: ␛[31m');
});
