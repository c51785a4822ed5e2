import { describe, expect, test } from 'vitest';
import { readComposer, standsThere } from '../../src/controller/composer.js';
import type { ScreenLine } from '../../src/controller/screen.js';
import { profileOf } from '../../src/roster/profile.js';
import type { AgentSpec } from '../../src/roster/types.js';

const RULE = '─'.repeat(60);

/** A runtime's profile with a `composer_pattern` of the roster's. */
const profile = (runtime: string, composerPattern: string | null) =>
  profileOf({
    ...{ runtime, readyPattern: null, busyPattern: null, dialogPattern: null, freshPattern: null },
    ...{
      submitDelayMs: null,
      resetCommand: null,
      composerPattern,
      conversation: { new: null, resume: null },
    },
  } as AgentSpec);

const drawn = (lines: readonly (string | ScreenLine)[]): readonly ScreenLine[] =>
  lines.map((line) => (typeof line === 'string' ? { text: line, typed: line } : line));

describe('a composer_pattern of the roster', () => {
  const own = profile('unheard-of', '^>(?: (.*))?$');
  const below = [RULE, 'model x · 3% left', ''];

  test('an empty composer is empty, whatever is drawn below it', () => {
    expect(readComposer(own, drawn(['said before', RULE, '>', ...below]))).toEqual({ kind: 'empty' });
    expect(readComposer(own, drawn(['>', '', '  ? for shortcuts']))).toEqual({ kind: 'empty' });
  });

  test('a draft is its first line and the indented ones below', () => {
    expect(readComposer(own, drawn([RULE, '> one', '  two', ...below]))).toEqual({
      kind: 'draft',
      text: 'one\ntwo',
    });
    expect(readComposer(own, drawn([RULE, '> one', '', '  two', ...below]))).toEqual({
      kind: 'draft',
      text: 'one\n\ntwo',
    });
    expect(readComposer(own, drawn([RULE, '>', '  two', ...below]))).toEqual({ kind: 'draft', text: 'two' });
  });

  test('faint text is no draft', () => {
    const placeholder = { text: '> Type your message', typed: '>' };
    expect(readComposer(own, drawn([RULE, placeholder, ...below]))).toEqual({ kind: 'empty' });
  });

  test('the placeholders of a runtime that fleet knows stay known', () => {
    // claude 2.1 draws its cursor over the first letter, which is not faint.
    const placeholder = { text: '❯ Try "fix lint errors"', typed: '❯ T' };
    const claude = profile('claude', '^❯(?:[ \\u00a0](.*))?$');
    expect(readComposer(claude, drawn([RULE, placeholder, RULE, '  ? for shortcuts']))).toEqual({
      kind: 'empty',
    });
  });
});

test.each([
  ['claude', [RULE, '❯ look at this:', '  Try "fix it" first', RULE]],
  ['codex', ['› look at this:', '  Ask Codex about it', '', '  model · /work']],
  ['gemini', [' > look at this:', '   Type your message here', '']],
])('a draft for %s below whose first line the placeholder’s words stand is one', (runtime, lines) => {
  expect(readComposer(profile(runtime, null), drawn(lines))).toMatchObject({ kind: 'draft' });
});

describe('a box beside another one', () => {
  const opencode = profile('opencode', null);
  const wide = 40;
  /** As a terminal wraps it. @param pieces what it cannot divide, with the columns of each */
  const wrapped = (pieces: readonly (readonly [string, number])[]): readonly string[] => {
    const lines: { text: string; filled: number }[] = [{ text: '', filled: 0 }];
    for (const [piece, columns] of pieces) {
      if ((lines.at(-1)?.filled ?? 0) + columns > wide) lines.push({ text: '', filled: 0 });
      const line = lines.at(-1);
      if (line !== undefined) {
        line.text += piece;
        line.filled += columns;
      }
    }
    return lines.map(({ text, filled }) => `${text}${' '.repeat(wide - filled)}`);
  };
  const screen = (pieces: readonly (readonly [string, number])[]) =>
    drawn([
      ...['', ...wrapped(pieces), '', 'Build  some-model'].map(
        (line) => `  ┃${line === '' || line.length < wide / 2 ? line.padEnd(wide) : line}  modified files`,
      ),
      `  ╹${'▀'.repeat(wide)}  Context 12%`,
    ]);
  /** No piece of it is another one: each is followed by some letter. */
  const times = (count: number, piece: string, columns: number): readonly (readonly [string, number])[] =>
    Array.from({ length: count }, (_, index): readonly (readonly [string, number])[] => [
      [piece, columns],
      [String.fromCodePoint(0x430 + ((index * index) % 31)), 1],
    ]).flat();

  test.each<readonly [string, readonly (readonly [string, number])[]]>([
    ['letters', times(90, 'x', 1)],
    ['wide characters', times(60, '\u5b57', 2)],
    ['wide characters of the second plane', times(60, '\u{20bb7}', 2)],
    ['letters with their accents apart', times(90, 'e\u0301', 1)],
    ['vowels above their letters', times(90, '\u0e17\u0e35\u0e48', 1)],
    ['vowels below their letters', times(90, '\u05e9\u05b8', 1)],
    ['a pair that is drawn as one', times(50, '\u{1f469}\u200d\u{1f4bb}', 2)],
    ['signs that are not drawn', times(90, '\u200bx', 1)],
  ])('%s are read to the end of the line, and not beyond', (_, pieces) => {
    const text = pieces.map(([piece]) => piece).join('');
    const lines = screen(pieces);
    expect(JSON.stringify(readComposer(opencode, lines))).not.toMatch(/modified|Context/);
    expect(standsThere(opencode, lines, text)).toBe(true);
  });
});
