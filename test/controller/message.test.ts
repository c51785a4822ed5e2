import { expect, test } from 'vitest';
import { asPasted, cleaned } from '../../src/controller/message.js';
import { BUILT_IN } from '../../src/roster/profiles.js';

// A composer that ends at a blank line (codex, gemini) looks empty above one.
test.each([
  ['\n\n  \n\t\n  first\n\n second\n\n', '  first\n\n second'],
  ['\r\n\r\nfirst', 'first'],
  ['\u0007\n\u001b\nfirst', 'first'],
  [' first', ' first'],
  ['\n \n', ''],
])('of %j remains %j', (text, left) => {
  expect(cleaned(text)).toBe(left);
});

test('of a megabyte of blank lines the last word is found at once', () => {
  const text = `first${'\n'.repeat(500_000)}last`;
  const begun = performance.now();
  expect(cleaned(`${text}${'\n'.repeat(500_000)}`) === text).toBe(true);
  expect(performance.now() - begun).toBeLessThan(2000);
});

// Enter would choose from what the composer offers behind these.
test.each([
  ['look at @src/main', true],
  ['look at\n@src/main', true],
  ['(@lead)', true],
  ['use $skill', true],
  ['thanks :smi', true],
  ['look at @src/main please', false],
  ['look at @src ', false],
  ['what of #12', false],
])('behind %j a blank is pasted to a codex: %s', (text, blank) => {
  expect(asPasted(text, BUILT_IN.get('codex')?.completes ?? null)).toBe(blank ? `${text} ` : text);
  expect(asPasted(text, null)).toBe(text);
});

test('the end of a megabyte without a blank is looked at, at once', () => {
  const text = '@'.repeat(1_000_000);
  const begun = performance.now();
  expect(asPasted(`${text} x`, BUILT_IN.get('codex')?.completes ?? null)).toBe(`${text} x`);
  expect(performance.now() - begun).toBeLessThan(2000);
});
