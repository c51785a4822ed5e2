import { describe, expect, test } from 'vitest';
import { deliver, type Act, type DeliveryPort } from '../../src/controller/deliver.js';
import { fresh, type DeliveryOrder } from '../../src/controller/delivery.js';
import type { Screen } from '../../src/controller/screen.js';
import { profileOf } from '../../src/roster/profile.js';
import type { AgentSpec } from '../../src/roster/types.js';

const target = { session: '$1', window: '@1', pane: '%1', pid: 10, server: 5 };
const profile = profileOf({
  ...{ runtime: 'demo', readyPattern: null, busyPattern: null, dialogPattern: null, composerPattern: null },
  ...{
    freshPattern: null,
    submitDelayMs: null,
    resetCommand: null,
    conversation: { new: null, resume: null },
  },
} as AgentSpec);
const order: DeliveryOrder = {
  agent: 'lead',
  ...{ text: 'hello', whenIdle: false, clearDraft: false, enters: 2, patienceMs: 1000 },
};
const screen = (line: string, title = '◇ idle'): Screen => ({
  ...{ pid: 10, dead: false, inMode: false, inputOff: false, cursor: { x: 0, y: 0 }, title },
  lines: [{ text: line, typed: line }],
});

/** A pane that shows these screens, one a look, and answers acts. */
function pane(
  screens: readonly Screen[],
  acts: { readonly paste?: Act; readonly enter?: Act } = {},
  /** The transcript has it after so many presses. */
  needed = 1,
) {
  let looks = 0;
  let now = 0;
  const done: string[] = [];
  const does = (what: string, act: Act = { kind: 'done' }): Promise<Act> => {
    if (act.kind === 'done') done.push(what);
    return Promise.resolve(act);
  };
  const port: DeliveryPort = {
    look: () =>
      Promise.resolve({ known: true, value: screens[Math.min(looks++, screens.length - 1)] ?? null }),
    arrival: () => (done.filter((what) => what.startsWith('enter')).length >= needed ? 'arrived' : 'absent'),
    prepare: () => null,
    paste: () => does('paste', acts.paste),
    enter: (keys) => does(`enter ${keys.join(' ')}`, acts.enter),
    clear: () => does('clear'),
    sleep: (ms) => ((now += ms), Promise.resolve()),
    interrupted: () => false,
    now: () => now,
  };
  return { port, done };
}

describe('one delivery', () => {
  test('a dialog that the guard saw and the look did not: nothing is pasted, and the receipt says Dialog', async () => {
    const { port, done } = pane([screen('>'), screen('Do you want to proceed?')], {
      paste: { kind: 'refused' },
    });
    const result = await deliver(order, target, profile, port, fresh(0));
    expect(result).toMatchObject({ status: 'refused', reason: 'Dialog', attempts: 0 });
    expect(done).toEqual([]);
  });

  test('a guard that never lets Enter through leaves a draft, and says where to look', async () => {
    const { port, done } = pane([screen('>'), screen('> hello')], { enter: { kind: 'refused' } });
    expect(await deliver(order, target, profile, port, fresh(0))).toMatchObject({
      ...{ status: 'drafted', reason: 'Dialog', attempts: 0 },
      message: expect.stringContaining('fleet agent attach lead') as string,
    });
    expect(done).toEqual(['paste']);
  });

  test.each([
    [1000, 4000],
    [30_000, 33_000],
  ])(
    'now a draft and now no composer, for ever: it is refused after %d ms and a little',
    async (patienceMs, mostMs) => {
      const screens = Array.from({ length: 5000 }, (_, look) => screen(look % 2 === 0 ? '> half' : '…'));
      const { port, done } = pane(screens);
      const loaded = { ...profile, ready: [], loaded: [] };
      const result = await deliver({ ...order, patienceMs }, target, loaded, port, fresh(0));
      expect(result).toMatchObject({ status: 'refused', attempts: 0 });
      expect(port.now()).toBeLessThan(mostMs);
      expect(done).toEqual([]);
    },
  );

  test('what cannot clear a draft is not advised for one', async () => {
    const told = async (clearDraft: readonly string[]): Promise<string> => {
      const { port, done } = pane(Array.from({ length: 50 }, () => screen('> half')));
      const asked = { ...order, clearDraft: clearDraft.length === 0 };
      const result = await deliver(asked, target, { ...profile, clearDraft }, port, fresh(0));
      expect(result).toMatchObject({ status: 'refused', reason: 'Draft', attempts: 0 });
      expect(done).toEqual([]);
      return result.message;
    };
    expect(await told(['C-c'])).toContain('or use --clear-draft');
    expect(await told([])).toContain('by hand');
  });

  test('a text that cannot be written down first is not pasted, and the receipt says why', async () => {
    const { port, done } = pane([screen('>')]);
    const full = { ...port, prepare: () => 'no space left on the disk' };
    expect(await deliver(order, target, profile, full, fresh(0))).toMatchObject({
      ...{ status: 'refused', reason: 'NotReady', attempts: 0 },
      message: expect.stringContaining('no space left') as string,
    });
    expect(done).toEqual([]);
  });

  test('a sender who is interrupted waits no longer, and finishes what he has begun', async () => {
    const waits = { ...order, whenIdle: true, patienceMs: 1e9 };
    const busy = pane([screen('>', '✦ working')]);
    const cut = { ...busy.port, interrupted: () => busy.port.now() > 500 };
    expect(await deliver(waits, target, profile, cut, fresh(0))).toMatchObject({
      status: 'refused',
      reason: 'Busy',
    });
    expect(busy.port.now()).toBeLessThan(700);
    const begun = pane([screen('>'), screen('> hello')]);
    const late = { ...begun.port, interrupted: () => begun.done.includes('paste') };
    expect(await deliver(waits, target, profile, late, fresh(0))).toMatchObject({ status: 'delivered' });
    expect(begun.done).toEqual(['paste', 'enter Enter']);
  });

  test('a guard that never holds, though nothing is to be seen, ends in a refusal', async () => {
    const { port, done } = pane([screen('>')], { paste: { kind: 'refused' } });
    expect(await deliver(order, target, profile, port, fresh(0))).toMatchObject({ status: 'refused' });
    expect(done).toEqual([]);
  });

  test.each([
    ['Enter', '◇ idle', ['Tab']],
    ['Tab', '✦ working', ['Tab']],
  ])('%s submits it under the title %s', async (keys, title, submitBusy) => {
    const { port, done } = pane([screen('>', title), screen('> hello', title)]);
    const result = await deliver(order, target, { ...profile, submitBusy }, port, fresh(0));
    expect(result).toMatchObject({ status: 'delivered' });
    expect(done).toEqual(['paste', `enter ${keys}`]);
  });

  test.each([
    ['queued', '✦ working'],
    ['delivered', '◇ idle'],
  ])(
    'what shows on the screen of a runtime that was busy is %s under the title %s',
    async (status, title) => {
      const line = (text: string) => ({ text, typed: text });
      const said = { ...screen('>', title), lines: [line('Queued: hello'), line('>')] };
      const { port } = pane([screen('>', '✦ working'), screen('> hello', '✦ working'), said]);
      const unread = { ...profile, transcript: 'none' } as const;
      const blind = { ...port, arrival: () => 'unknown' as const };
      expect(await deliver(order, target, unread, blind, fresh(0))).toMatchObject({ status });
    },
  );

  test('a title that is late: keys for a busy runtime do nothing in an idle one, and Enter follows', async () => {
    const late = screen('> hello', '✦ working');
    const { port, done } = pane(
      [screen('>', '✦ working'), late, ...Array.from({ length: 45 }, () => late), screen('> hello')],
      {},
      3,
    );
    const result = await deliver(
      { ...order, enters: 1 },
      target,
      { ...profile, submitBusy: ['Tab'] },
      port,
      fresh(0),
    );
    expect(result).toMatchObject({ status: 'delivered', attempts: 3 });
    expect(done).toEqual(['paste', 'enter Tab', 'enter Tab', 'enter Enter']);
  });

  test('where no key is safe while it works, it waits for the end of that', async () => {
    const safe = { ...profile, submitBusy: [] };
    const busy = pane([screen('>', '✦ working')]);
    expect(await deliver(order, target, safe, busy.port, fresh(0))).toMatchObject({
      status: 'refused',
      reason: 'Busy',
    });
    expect(busy.done).toEqual([]);
    const began = pane([
      screen('>'),
      screen('> hello', '✦ working'),
      screen('> hello', '✦ working'),
      screen('> hello'),
    ]);
    expect(await deliver(order, target, safe, began.port, fresh(0))).toMatchObject({ status: 'delivered' });
    expect(began.done).toEqual(['paste', 'enter Enter']);
    const long = pane([screen('>'), screen('> hello', '✦ working')]);
    expect(await deliver(order, target, safe, long.port, fresh(0))).toMatchObject({
      status: 'drafted',
      reason: 'Busy',
    });
    expect(long.done).toEqual(['paste']);
  });

  test('what a busy runtime would hold but a stand-in for waits for the end of its turn', async () => {
    const short = { ...profile, submitBusy: ['Tab'], submitBusyMost: { lines: 1, characters: 9 } };
    const { port, done } = pane([screen('>', '✦ working')]);
    const long = { ...order, text: 'hello hello' };
    expect(await deliver(long, target, short, port, fresh(0))).toMatchObject({
      status: 'refused',
      reason: 'Busy',
    });
    expect(done).toEqual([]);
  });
});
