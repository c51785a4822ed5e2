import { describe, expect, test } from 'vitest';
import { readComposer } from '../../src/controller/composer.js';
import type { ScreenLine } from '../../src/controller/screen.js';
import { profileOf } from '../../src/roster/profile.js';
import type { AgentSpec } from '../../src/roster/types.js';

const RULE = '─'.repeat(60);

/** A runtime's profile with a `composer_pattern` of the roster's. */
const profile = (runtime: string, composerPattern: string) =>
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
