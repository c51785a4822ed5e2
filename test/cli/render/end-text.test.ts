import { expect, test } from 'vitest';
import { endText } from '../../../src/cli/render/end-text.js';

test.each([
  ['agent-run-ended', 'its agent-run.sh ended without a word, which ends its unit; the journal may know why'],
  ['agent-run-killed', 'its agent-run.sh was killed, which ends its unit'],
  ['unit-timeout', 'systemd ended its unit: timeout'],
  ['something \u001b[2J', 'something ␛[2J'],
])('an end by %j, in words', (reason, words) => {
  const end = {
    ...{ reason, status: null, signal: null, at: 1, ranMs: 1, spec: null, invocation: 'x' },
    moment: { boot: 'b', ms: 1 },
  };
  expect(endText(end)).toBe(words);
});
