import { expect, test } from 'vitest';
import { cleaned } from '../../src/controller/message.js';

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
