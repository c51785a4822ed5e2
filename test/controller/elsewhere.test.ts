import { describe, expect, test } from 'vitest';
import { fresh, type DeliveryOrder, type Progress, type Step } from '../../src/controller/delivery.js';
import { nextStep } from '../../src/controller/delivery-step.js';
import { recovered } from '../../src/controller/outbox.js';
import { mistakable, screenState, type PaneTarget, type Screen } from '../../src/controller/screen.js';
import type { RuntimeProfile } from '../../src/roster/profile.js';
import { BUILT_IN, GENERIC } from '../../src/roster/profiles.js';

// A human has typed `!` into an empty composer, where what is entered is run by a shell, or opened a menu or a search, and gone.
const rule = '─'.repeat(40);
const floor = `  ╹${'▀'.repeat(30)}`;
/** What stands on the screen (claude 2.1, codex 0.169, opencode 1.18, pi 0.73, gemini 0.61), before and after a text is pasted. */
const COMPOSERS: Readonly<Record<string, (text: string) => readonly string[]>> = {
  claude: (text) => ['❯ hello there', '', rule, text === '' ? '!' : `! ${text}`, rule, '  ! for shell mode'],
  codex: (text) => ['› hello there', '', text === '' ? '!' : `! ${text}`, '', '  fake-model default · /work'],
  opencode: (text) => [
    '  ┃',
    `  ┃  ${text}`,
    '  ┃',
    '  ┃  Shell',
    floor,
    '   /work    esc exit shell mode  ctrl+p commands',
  ],
  'opencode’s menu': (text) => [
    '  ┃  hello there',
    '     PONG hello there',
    '     ▣  Bu    Commands                                         esc',
    `                ${text}`,
    text === '' ? '              Switch session' : '              No results found',
    ...['  ┃', '  ┃', '  ┃  Build · Fake Fake', floor, '   /work        16 (0%)  ctrl+p commands'],
  ],
  'claude’s search': (text) => ['❯ hello there', '', rule, '❯', rule, `  search prompts: ${text}  ⏵⏵ on`],
  'gemini’s search': (text) => [
    ' > hello there',
    rule,
    ' Shift+Tab to',
    '',
    text === '' ? ' (r:)    Type your message or @path/to/file' : ` (r:)  ${text}`,
    '',
  ],
  pi: (text) => ['hello there', rule, `!${text}`, rule, '/work', '0.0%/128k (auto)   fake-model'],
  gemini: (text) => [
    ' > hello there',
    rule,
    ' Shift+Tab to',
    '',
    text === '' ? ' !   Type your shell command' : ` ! ${text}`,
    '',
  ],
};
const target: PaneTarget = { session: '$1', window: '@1', pane: '%1', pid: 10, server: 5 };
const order: DeliveryOrder = {
  ...{ agent: 'lead', text: 'please remove the old build', whenIdle: false, clearDraft: true },
  ...{ enters: 2, patienceMs: 1000 },
};
const screen = (lines: readonly string[]): Screen => ({
  ...{ pid: 10, dead: false, inMode: false, inputOff: false, cursor: { x: 0, y: 0 }, title: 'idle' },
  lines: lines.map((text) => ({ text, typed: text })),
});

const profileOf = (what: string): RuntimeProfile => BUILT_IN.get(what.replace(/’.*/, '')) ?? GENERIC;
const step = (runtime: string, progress: Progress, seen: Screen, now: number, asked = order): Step =>
  nextStep({
    ...{ order: asked, target, profile: profileOf(runtime), progress, now },
    sight: { screen: seen, arrival: 'absent' },
  });
const after = (phase: 'pasted' | 'entered'): Progress => ({ ...fresh(0), phase, enters: 1, drawn: 0 });

describe.each(Object.entries(COMPOSERS))('%s, opened by a human,', (runtime, composer) => {
  test('gets nothing, and no key that clears drafts', () => {
    const seen = screen(composer(''));
    expect(screenState(profileOf(runtime), seen).elsewhere).toBe(true);

    expect(step(runtime, fresh(0), seen, 0)).toEqual({ kind: 'wait' });
    expect(step(runtime, fresh(0), seen, 1000)).toMatchObject({
      result: { status: 'refused', reason: 'NotReady' },
    });
  });

  test('that came with the paste: what stands in it is not entered, ever', () => {
    const seen = screen(composer(order.text));
    for (const now of [0, 400, 3000, 31_000, 120_000])
      for (const phase of ['pasted', 'entered'] as const)
        expect(step(runtime, after(phase), seen, now).kind).not.toBe('enter');
    expect(step(runtime, after('pasted'), seen, 1000)).toMatchObject({
      kind: 'done',
      result: { reason: 'NotReady' },
    });
  });

  test('is waited for by a delivery that was cut short', () => {
    const attempt = { target, at: 0, transcript: { files: [] } } as never;
    const entry = { text: 'something else, of which nothing stands there', attempt };
    expect(recovered(entry, target, profileOf(runtime), screen(composer('')), 'absent', true)).toBe('wait');
  });
});

test.each(['claude', 'pi'])('a message to %s that begins with ! itself has asked for it', (runtime) => {
  const asked = { ...order, text: '!ls of this directory' };
  const seen = screen(COMPOSERS[runtime]?.('ls of this directory') ?? []);
  expect(step(runtime, after('pasted'), seen, 1000, asked)).toMatchObject({ kind: 'enter' });
});

/** Text as people and agents write it. */
const ORDINARY = [
  '! first changed line\n! second one\n  and context',
  'search prompts: better',
  '────────────\n!important',
  'keys:\n  Cancel        esc\n  Quit      esc   closes it',
  '! ls -la',
];
const FRAMES: Readonly<Record<string, (text: string) => readonly string[]>> = {
  claude: (text) => ['● Look:', ...text.split('\n').map((line) => `  ${line}`), '', rule, '❯', rule],
  codex: (text) => [
    '• Look:',
    ...text.split('\n').map((line) => `  ${line}`),
    '',
    '›',
    '',
    '  model · /work',
  ],
  opencode: (text) => [
    ...text.split('\n').map((line) => `     ${line}`),
    ...text.split('\n').map((line) => `  ┃  ${line}`),
    ...['', '  ┃', '  ┃', '  ┃  Build · Fake Fake', floor, '   /work        16 (0%)  ctrl+p commands'],
  ],
  gemini: (text) => [
    ...text.split('\n').map((line) => `  ${line}`),
    rule,
    ' Shift+Tab to',
    '',
    ' >   Type your message',
    '',
  ],
};
describe.each(Object.entries(FRAMES))('ordinary text that %s shows', (runtime, frame) => {
  test.each(ORDINARY)('bars nobody, and may be sent: %j', (text) => {
    const state = screenState(profileOf(runtime), screen(frame(text)));
    expect([state.activity, state.elsewhere, state.composer.kind]).toEqual(['ready', false, 'empty']);
    expect(mistakable(profileOf(runtime), text)).toBeNull();
  });
});

test('a rule at the end of a text would be the frame of pi’s composer, which sets no line in', () => {
  const text = `the end\n${rule}`;
  const seen = screen([rule, 'the end', rule, rule, '/work']);
  expect(screenState(profileOf('pi'), seen).composer.kind).toBe('empty');
  expect(mistakable(profileOf('pi'), text)).toBe(rule);
  expect(mistakable(profileOf('pi'), `${text}\nand on`)).toBeNull();
  expect(mistakable(profileOf('claude'), text)).toBeNull();
});

test.each(['ChatGPT Pro/Plus (browser)', 'Delete session?', 'What’s new', 'MCPs', 'Connect a provider'])(
  'a menu of opencode is one by its title: %s',
  (title) => {
    const menu = COMPOSERS['opencode’s menu']?.('').map((line) => line.replace('Commands', title)) ?? [];
    expect(screenState(profileOf('opencode'), screen(menu)).elsewhere).toBe(true);
  },
);
