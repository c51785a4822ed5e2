import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { isDraftOf, mayStillBe } from '../../src/controller/composer.js';
import { screenState, type ScreenState } from '../../src/controller/screen.js';
import { LineReader } from '../../src/observers/screen-output.js';
import { profileOf } from '../../src/roster/profile.js';
import type { AgentSpec } from '../../src/roster/types.js';

/** Screens of the real programs, as they were recorded. */
const recorded = path.resolve(import.meta.dirname, '../agents/screens');

interface Fixture {
  readonly title: string;
  readonly cursor: { readonly x: number; readonly y: number };
  readonly lines: readonly string[];
  readonly styled?: readonly string[];
}

const profile = (runtime: string) =>
  profileOf({
    ...{ runtime, readyPattern: null, busyPattern: null, dialogPattern: null, composerPattern: null },
    ...{
      freshPattern: null,
      submitDelayMs: null,
      resetCommand: null,
      conversation: { new: null, resume: null },
    },
  } as AgentSpec);

function stateOf(runtime: string, name: string): ScreenState {
  const text = fs.readFileSync(path.join(recorded, runtime, name), 'utf8');
  const { title, cursor, lines, styled } = JSON.parse(text) as Fixture;
  const reader = new LineReader();
  const read = (styled ?? lines).map((line) => reader.read(line));
  const pane = { pid: 1, dead: false, inMode: false, inputOff: false };
  return screenState(profile(runtime), { ...pane, title, cursor, lines: read });
}

/** What each state must look like: activity, and what stands in the composer. */
const expected: Readonly<Record<string, readonly [string, string]>> = {
  'ready-empty': ['ready', 'empty'],
  'after-reset': ['ready', 'empty'],
  'after-resume': ['ready', 'empty'],
  'idle-after-turn': ['ready', 'empty'],
  'dialog-refused': ['ready', 'empty'],
  'draft-short': ['ready', 'draft'],
  'draft-lines': ['ready', 'draft'],
  'draft-long': ['ready', 'draft'],
  'draft-wrapped': ['ready', 'draft'],
  'pasted-placeholder': ['ready', 'draft'],
  busy: ['busy', 'empty'],
  'busy-streaming': ['busy', 'empty'],
  'busy-with-queued': ['busy', 'empty'],
  'busy-draft': ['busy', 'draft'],
};

const sentence = 'a line of a draft with enough words in it to be wrapped or cut by a narrow pane';
/** The drafts that a composer shows, whole or by a stand-in, and nothing else with them. */
const drafts: Readonly<Record<string, string>> = {
  'draft-short': 'hello draft',
  'draft-lines': [1, 2, 3].map((line) => `${line}: ${sentence}`).join('\n'),
  'busy-draft': 'said while busy',
};

const runtimes = fs.existsSync(recorded)
  ? fs.readdirSync(recorded).filter((name) => fs.statSync(path.join(recorded, name)).isDirectory())
  : [];

describe.skipIf(runtimes.length === 0)('recorded screens', () => {
  const all = runtimes.flatMap((runtime) =>
    fs
      .readdirSync(path.join(recorded, runtime))
      .filter((name) => name.endsWith('.json'))
      .map((name) => [runtime, name] as const),
  );
  test.each(all)('%s %s', (runtime, name) => {
    const state = stateOf(runtime, name);
    expect(state.elsewhere).toBe(false);
    const what = name.replace(/(\.\d+x\d+)?\.json$/, '');
    if (/^(dialog|question|question-review)$/.test(what)) expect(state.activity).toBe('dialog');
    if (what === 'starting') expect(state.activity).toBe('starting');
    const wanted = expected[what];
    if (wanted !== undefined) expect([state.activity, state.composer.kind]).toEqual(wanted);
    const draft = drafts[what];
    if (draft !== undefined) expect(isDraftOf(state.composer, draft, profile(runtime).collapsed)).toBe(true);
  });
});

const quiet = { pid: 1, dead: false, inMode: false, inputOff: false, title: '', cursor: { x: 0, y: 0 } };
const rule = '─'.repeat(40);

/** What opencode (1.18) shows below its composer in a narrow pane, or in a directory with a long name. */
test.each([
  ['ready', ['  /home/me/projects/some-16 (0%ctrl+p', '  where/deep/work         commands']],
  ['ready', ['  /home/me/pro   16 (0 ctrl+p', '  jects/some/          commands']],
  ['ready', ['  /home/    16 (0%ctrl+p', '  projects        comma', '  /some           nds']],
  ['busy', ['  ⬝⬝⬝⬝■■■■  esc         16 (0%) ctrl+p commands', '            interrupt']],
  ['busy', ['  ⬝⬝⬝⬝⬝⬝⬝⬝  esc    16 (0% ctrl+p', '            interru       commands', '            pt']],
  ['busy', ['  ⬝■■■■■■⬝  es16 (0% ctrl+p', '            c         comma']],
  // Nothing of it can be seen.
  ['starting', []],
])('a narrow opencode is %s', (activity, footer) => {
  const box = ['  ┃', '  ┃', '  ┃', '  ┃  Build · Fake Fake', '  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀'];
  const said = ['  ┃', '  ┃  press ctrl+p, then esc', '  ┃', '', ''];
  const lines = [...said, ...box, ...footer].map((text) => ({ text, typed: text }));
  const state = screenState(profile('opencode'), { ...quiet, lines });
  expect([state.activity, state.composer.kind]).toEqual([activity, 'empty']);
});

test('what claude (2.1.332) shows before the answers to its questions are sent is a dialog', () => {
  const review = [
    '←  ☒ Which 1  ☒ Which 2  ✔ Submit  →',
    '',
    'Review your answers',
    '',
    ' ● Which?',
    '   → First',
  ];
  const lines = ['❯ please ask', '', rule, ...review, '', '❯ 1. Submit answers', '  2. Cancel'].map(
    (text) => ({
      ...{ text, typed: text },
    }),
  );
  expect(screenState(profile('claude'), { ...quiet, lines }).activity).toBe('dialog');
});

test('what gemini (0.61) asks before it reads a file elsewhere is a dialog', () => {
  const asked = ['  - /etc/hostname', '', '  Do you want to allow this read?', '', '  ● 1. Yes', '    2. No'];
  const frame = (inner: string) => `│${inner.padEnd(38)}│`;
  const lines = [` > see @/etc/hostname`, '╭', ...asked.map(frame), '╰'].map((text) => ({
    text,
    typed: text,
  }));
  expect(screenState(profile('gemini'), { ...quiet, lines }).activity).toBe('dialog');
});

/** gemini (0.61) with NO_COLOR, where a rule stands in the place of the empty line below its composer, and in its vim mode. */
test.each([
  ['empty', ' >   Type your message or @path/to/file', rule],
  ['draft', ' > half a thought', rule],
  ['empty', " >   Press 'Esc' for NORMAL mode.", ''],
  ['empty', " >   Press 'i' for INSERT mode.", ''],
  ['draft', ' > half a thought', ''],
])('the composer of gemini is %s: %s', (kind, composer, below) => {
  const footer = [' workspace (/directory)   sandbox', ' [INSERT]   /work/one   no sandbox'];
  const lines = [rule, ' Shift+Tab to accept edits', below, composer, below, ...footer].map((text) => ({
    text,
    typed: text,
  }));
  const state = screenState(profile('gemini'), { ...quiet, lines });
  expect([state.activity, state.composer.kind]).toEqual(['ready', kind]);
  if (state.composer.kind === 'draft') expect(state.composer.text).toBe('half a thought');
});

// As tmux 3.3a prints them.
test.each([
  ['[2m', ''],
  ['[0;2m', ''],
  ['[2m\u001b[22m', 'x'],
  ['[4:2m', 'x'],
  ['[4:3m', 'x'],
  ['[58;2;10;20;2m', 'x'],
  ['[38;2;1;2;2m', 'x'],
  ['[38:2::1:2:2m', 'x'],
  ['[38;5;2m', 'x'],
])('faint is what the attributes %s make so, and no style or colour of that number', (sequence, typed) => {
  expect(new LineReader().read(`\u001b${sequence}x`)).toEqual({ text: 'x', typed });
});

describe('a draft is recognized', () => {
  const draft = (text: string) => ({ kind: 'draft', text }) as const;
  test.each([
    ['whole', draft('hello there'), 'hello there', true],
    ['wrapped', draft('hello\nthere'), 'hello there', true],
    ['its end alone', draft('…the end'), 'a long beginning and the end', true],
    ['with accents and marks that are drawn otherwise', draft('caf\u00e9s'), 'cafe\u0301\u200bs', true],
    ['with signs that are drawn otherwise', draft('hello ?? wide world'), 'hello \u{1f468} wide world', true],
    // tmux 3.3a keeps 21 bytes of a character: a family of four loses its last member.
    [
      'cut by tmux in an alphabet of any kind',
      draft(
        '\u043f\u0440\u0438\u0432\u0435\u0442 \u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d \u043c\u0438\u0440',
      ),
      '\u043f\u0440\u0438\u0432\u0435\u0442 \u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} \u043c\u0438\u0440',
      true,
    ],
    ['with accents put together', draft('d\u00e9j\u00e0 vu encore'), 'de\u0301ja\u0300 vu encore', true],
    [
      'somebody else’s in another alphabet',
      draft('\u0434\u0440\u0443\u0433\u0430\u044f \u043c\u044b\u0441\u043b\u044c'),
      '\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440 hello there',
      false,
    ],
    ['collapsed', draft('[Pasted text #1 +3 lines]'), 'anything', true],
    ['somebody else’s', draft('half a thought'), 'hello there', false],
    ['somebody else’s before ours', draft('half a thought hello there'), 'hello there', false],
    ['nothing', { kind: 'empty' } as const, 'hello there', false],
  ])('%s', (_, composer, text, is) => {
    expect(isDraftOf(composer, text, '\\[Pasted text')).toBe(is);
  });

  const lines = (count: number): string => Array.from({ length: count }, (_, at) => `line ${at}`).join('\n');
  test.each([
    ['of that many lines', '[Pasted text #7 +39 lines]', lines(40), true],
    [
      'of that many lines, behind another',
      '[Pasted text #1 +3 lines] [Pasted text #2 +39 lines]',
      lines(40),
      true,
    ],
    ['of other lines', '[Pasted text #1 +120 lines]', lines(40), false],
    ['of one line', '[Pasted text #1 +3 lines]', 'hello there', true],
    ['of that many characters', '[Pasted text 1500 chars]', 'é'.repeat(1500), true],
    ['of that many bytes', '[Pasted text 3000\n chars]', 'é'.repeat(1500), true],
    ['of another length', '[Pasted text 20291 chars]', 'x'.repeat(1500), false],
    ['of what it does not tell', '[Pasted text #1]', 'x'.repeat(1500), true],
    ['not collapsed', 'hello there', 'hello there', true],
    ['not collapsed, with figures', 'read 200 lines of', 'read 200 lines of it', true],
    [
      'an end of a long one',
      'and then tell the lead about it',
      `${lines(40)}\nand then tell the lead about it`,
      true,
    ],
    ['a word that stands in it', 'fix', 'fix the build, please', false],
    ['one letter of it', 'a', 'read 200 lines', false],
  ])('that nobody has watched, %s', (_, text, ours, is) => {
    expect(mayStillBe(draft(text), ours, '\\[Pasted text')).toBe(is);
  });
});
