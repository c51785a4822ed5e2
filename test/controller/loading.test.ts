import { describe, expect, test } from 'vitest';
import { deliver, type DeliveryPort } from '../../src/controller/deliver.js';
import { fresh, type DeliveryOrder } from '../../src/controller/delivery.js';
import { screenState, type Screen } from '../../src/controller/screen.js';
import { BUILT_IN, GENERIC } from '../../src/roster/profiles.js';

// What gemini 0.61 shows one after the other while it continues a conversation. What is typed into the composers before the
// last is kept or thrown away, by how fast it goes on.
const profile = BUILT_IN.get('gemini') ?? GENERIC;
const target = { session: '$1', window: '@1', pane: '%1', pid: 10, server: 5 };
const order: DeliveryOrder = {
  ...{ agent: 'lead', text: 'hello again', whenIdle: false },
  ...{ clearDraft: false, enters: 2, patienceMs: 30_000 },
};

const screen = (text: string): Screen => ({
  ...{
    pid: 10,
    dead: false,
    inMode: false,
    inputOff: false,
    cursor: { x: 0, y: 0 },
    title: '◇  Ready (work)',
  },
  lines: text.split('\n').map((line) => ({ text: line, typed: line })),
});
const banner = `
 ▝▜▄     Gemini CLI v0.61.0
   ▝▜▄
  ▗▟▀    Authenticated with gemini-api-key /auth
 ▝▀

Tips for getting started:
1. Create GEMINI.md files to customize your interactions
`;
const warning = `
⚠  Warning: True color (24-bit) support not detected. Using a terminal with true
   color enabled will result in a better visual experience.
`;
const said = `
 > hello there

✦ PONG hello there
  and more of it
`;
const box = (inside: string): string => `
                                                                ? for shortcuts
────────────────────────────────────────────────────────────────────────────────
 Shift+Tab to accept edits
${inside}
 workspace (/directory)                 sandbox                          /model
 /tmp/work                              no sandbox             gemini-2.5-flash`;
const empty = box('\n >   Type your message or @path/to/file\n');

const bare = screen(warning + empty);
const named = screen(banner + warning + empty);
const resuming = screen(`${banner + said}\n⠋ Resuming session...${box('')}`);
const loaded = screen(banner + said + empty);
const drafted = screen(banner + said + box('\n > hello again\n'));

/** A pane that shows each of these for so many looks, and the last for ever; after a paste, what follows it. */
function pane(shown: readonly Screen[], looks = 3) {
  let seen = 0;
  let now = 0;
  let pasted: Screen | null = null;
  const current = (): Screen | null => shown[Math.min(Math.floor(seen / looks), shown.length - 1)] ?? null;
  const done: string[] = [];
  const port: DeliveryPort = {
    look: () => {
      const value = pasted === current() ? drafted : current();
      seen += 1;
      return Promise.resolve({ known: true, value });
    },
    arrival: () => (done.includes('enter') ? 'arrived' : 'absent'),
    prepare: () => null,
    paste: () => {
      done.push('paste');
      pasted = current();
      return Promise.resolve({ kind: 'done' });
    },
    enter: () => (done.push('enter'), Promise.resolve({ kind: 'done' })),
    clear: () => (done.push('clear'), Promise.resolve({ kind: 'done' })),
    sleep: (ms) => ((now += ms), Promise.resolve()),
    interrupted: () => false,
    now: () => now,
  };
  return { port, done, pastedOn: () => pasted };
}

describe('a message to a gemini that continues a conversation', () => {
  test('is pasted when what was said shows, into the composer that stays', async () => {
    const { port, done, pastedOn } = pane([bare, named, resuming, loaded]);
    const result = await deliver(order, target, profile, port, fresh(0));
    expect(result).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(done).toEqual(['paste', 'enter']);
    expect(pastedOn()).toBe(loaded);
  });

  test('whatever a look in the middle of drawing sees, and however long it takes', async () => {
    const starting = Array.from({ length: 80 }, () => screen(''));
    const half = screen(`${banner + said}${box('\n > hello th\n')}`);
    const headless = screen(`${banner + said}\n ? for shortcuts`);
    const { port, done, pastedOn } = pane([...starting, half, headless, half, named, loaded]);
    const result = await deliver(order, target, profile, port, fresh(0));
    expect(result).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(done).toEqual(['paste', 'enter']);
    expect(pastedOn()).toBe(loaded);
    expect(port.now()).toBeGreaterThan(12_000);
  });

  test('what was said is no draft while there is no composer', async () => {
    expect(screenState(profile, resuming).activity).toBe('starting');
    const { port, pastedOn } = pane([resuming, loaded], 40);
    expect(await deliver(order, target, profile, port, fresh(0))).toMatchObject({ status: 'delivered' });
    expect(pastedOn()).toBe(loaded);
  });

  test('nor is it one after a paste that came too early', async () => {
    const { port, done } = pane([named, resuming, drafted], 20);
    const early = { ...profile, loaded: [] };
    expect(await deliver(order, target, early, port, fresh(0))).toMatchObject({ status: 'delivered' });
    expect(done).toEqual(['paste', 'enter']);
  });

  test('a human cleared its screen: it is waited for, and pasted all the same', async () => {
    const { port, done, pastedOn } = pane([named]);
    expect(await deliver(order, target, profile, port, fresh(0))).toMatchObject({ status: 'delivered' });
    expect(done).toEqual(['paste', 'enter']);
    expect(pastedOn()).toBe(named);
    const hasty = pane([named]);
    const refused = await deliver({ ...order, patienceMs: 0 }, target, profile, hasty.port, fresh(0));
    expect(refused).toMatchObject({ status: 'refused', reason: 'NotReady' });
    expect(hasty.done).toEqual([]);
  });

  test.each([
    ['an answer longer than the screen', '  a line of it\n  another one\n', true],
    ['a turn that was cut off', ' > hello there\n', true],
    ['the banner', banner, false],
    ['a warning', warning, false],
  ])('%s above its composer: loaded %#', async (_, above, is) => {
    const { port, done } = pane([screen(above + empty)]);
    await deliver({ ...order, patienceMs: 0 }, target, profile, port, fresh(0));
    expect(done.includes('paste')).toBe(is);
  });
});

test('the first message to a gemini waits for its banner: before that it is read key by key', async () => {
  const begun = { ...profile, loaded: profile.listening };
  const { port, done, pastedOn } = pane([bare, named]);
  expect(await deliver(order, target, begun, port, fresh(0))).toMatchObject({ status: 'delivered' });
  expect(done).toEqual(['paste', 'enter']);
  expect(pastedOn()).toBe(named);
  // Its settings can hide that.
  const hidden = pane([bare]);
  expect(await deliver(order, target, begun, hidden.port, fresh(0))).toMatchObject({ status: 'delivered' });
});
