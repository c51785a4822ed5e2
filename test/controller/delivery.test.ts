import { describe, expect, test } from 'vitest';
import { fresh, type DeliveryOrder, type Progress, type Step } from '../../src/controller/delivery.js';
import { nextStep } from '../../src/controller/delivery-step.js';
import { recovered, type Attempt } from '../../src/controller/outbox.js';
import { pictureOf, type PaneTarget, type Screen } from '../../src/controller/screen.js';
import type { Arrival } from '../../src/controller/transcript.js';
import { profileOf } from '../../src/roster/profile.js';
import { BUILT_IN } from '../../src/roster/profiles.js';
import type { AgentSpec } from '../../src/roster/types.js';

const target: PaneTarget = { session: '$1', window: '@1', pane: '%1', pid: 10, server: 5 };
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
  text: 'hello',
  whenIdle: false,
  clearDraft: false,
  enters: 2,
  patienceMs: 1000,
};

const plain = (lines: readonly string[]): Screen['lines'] => lines.map((text) => ({ text, typed: text }));
const screen = (lines: readonly string[], change: Partial<Screen> = {}): Screen => ({
  ...{ pid: 10, dead: false, inMode: false, inputOff: false, cursor: { x: 0, y: 0 }, title: '◇ idle' },
  lines: plain(lines),
  ...change,
});
const step = (
  progress: Progress,
  seen: Screen | null,
  now = 0,
  arrival: Arrival = 'absent',
  asked = order,
): Step => nextStep({ order: asked, target, profile, progress, sight: { screen: seen, arrival }, now });
const pasted: Progress = { ...fresh(0), phase: 'pasted' };
const entered: Progress = { ...fresh(0), phase: 'entered', enters: 1, drawn: 0 };
const dialog = screen(['Do you want to proceed?', '>'], { title: '✋ action required' });

describe('before the paste', () => {
  test.each([
    ['a dead pane', screen(['>'], { dead: true }), 'Dead'],
    ['a pane that is gone', null, 'Dead'],
    ['another process', screen(['>'], { pid: 11 }), 'Foreign'],
    ['copy mode', screen(['>'], { inMode: true }), 'CopyMode'],
    ['input off', screen(['>'], { inputOff: true }), 'CopyMode'],
    ['a dialog', dialog, 'Dialog'],
  ])('%s is refused at once', (_, seen, reason) => {
    expect(step(fresh(0), seen)).toMatchObject({ kind: 'done', result: { status: 'refused', reason } });
  });
  test('a draft is refused, once it has stood there a moment: it may be what was said last', () => {
    expect(step(fresh(0), screen(['> half']), 900)).toEqual({ kind: 'wait', obstacle: 'draft' });
    const seen: Progress = { ...fresh(0), obstacle: { what: 'draft', since: 900 } };
    expect(step(seen, screen(['> half']), 1300)).toEqual({ kind: 'wait', obstacle: 'draft' });
    expect(step(seen, screen(['> half']), 1400)).toMatchObject({
      result: { status: 'refused', reason: 'Draft' },
    });
  });
  test('what is not ready is waited for, and refused in the end', () => {
    expect(step(fresh(0), screen(['loading']))).toEqual({ kind: 'wait' });
    expect(step(fresh(0), screen(['loading']), 1000)).toMatchObject({ result: { reason: 'NotReady' } });
  });
  // A first message is left without a look at its text, and another runtime may have come meanwhile.
  test('what its own runtime would take for a dialog is not typed, and says which words', () => {
    const text = 'Ask me first:\nDo you want to proceed?';
    const refused = step(fresh(0), screen(['>']), 0, 'absent', { ...order, text });
    expect(refused).toMatchObject({ kind: 'done', result: { status: 'refused', reason: 'NotReady' } });
    expect(JSON.stringify(refused)).toContain('“Do you want to proceed” could not be told from a dialog');
  });
  test('a busy agent gets it, unless it is to be idle', () => {
    const busy = screen(['>'], { title: '✦ working' });
    expect(step(fresh(0), busy)).toEqual({ kind: 'paste', busy: true, first: false, shown: 0 });
    expect(step(fresh(0), busy, 0, 'absent', { ...order, whenIdle: true })).toEqual({ kind: 'wait' });
  });
});

describe('after the paste', () => {
  test('Enter waits for the text, never for long, and never goes into a dialog', () => {
    expect(step(pasted, screen(['> hello']))).toMatchObject({ kind: 'enter' });
    expect(step(pasted, screen(['>']), 100)).toEqual({ kind: 'wait' });
    // It may stand in something that a human has opened, and that Enter would answer.
    expect(step(pasted, screen(['>']), 31_000)).toMatchObject({
      kind: 'done',
      result: { status: 'unknown', reason: 'NotReady' },
    });
    expect(step(pasted, dialog, 100)).toEqual({ kind: 'wait' });
    expect(step(pasted, dialog, 400)).toMatchObject({
      kind: 'done',
      result: { status: 'unknown', reason: 'Dialog' },
    });
  });
  test('a program that has not drawn it may read Enter with it, as a part of it: it is not entered blindly', () => {
    expect(step(pasted, screen(['>']), 12_000)).toEqual({ kind: 'wait' });
    // Here it shows, and no composer does: it is larger than the pane, or its pattern is out of date.
    const at = (now: number): Step =>
      nextStep({
        ...{ order, target, profile: { ...profile, ready: [] }, progress: pasted, now },
        sight: { screen: screen(['$ hello']), arrival: 'absent' },
      });
    expect(at(1000)).toEqual({ kind: 'wait' });
    expect(at(1300)).toMatchObject({ kind: 'enter' });
    // It was said before, too.
    expect(step({ ...pasted, shown: 1 }, screen(['› hello', '>']), 1300)).toEqual({ kind: 'wait' });
  });
  test('a text that shows above an empty composer stands in something that a human has opened: no Enter', () => {
    const menu = screen(['Rename   esc', '  hello', '>']);
    expect(step(pasted, menu, 29_000)).toEqual({ kind: 'wait' });
    expect(step(pasted, menu, 31_000)).toMatchObject({
      result: {
        status: 'unknown',
        reason: 'NotReady',
        message: expect.stringContaining('elsewhere') as string,
      },
    });
  });
  test('a text that begins as the placeholder does is in the composer all the same', () => {
    const claude = BUILT_IN.get('claude')!;
    const rule = '─'.repeat(40);
    const asked = { ...order, text: 'Try "npm test" first, and tell me' };
    const next = (line: { text: string; typed: string }, progress = pasted): Step =>
      nextStep({
        ...{ order: asked, target, profile: claude, progress, now: 100 },
        sight: {
          screen: { ...screen([]), lines: [...plain([rule]), line, ...plain([rule])] },
          arrival: 'absent',
        },
      });
    expect(next({ text: `❯ ${asked.text}`, typed: `❯ ${asked.text}` })).toMatchObject({
      kind: 'enter',
      drawn: true,
    });
    // Its own, faint but for the letter below the cursor.
    expect(next({ text: '❯ Try "how do I"', typed: '❯ T' })).toEqual({ kind: 'wait' });
    // Still there: that Enter was swallowed.
    expect(next({ text: `❯ ${asked.text}`, typed: `❯ ${asked.text}` }, entered)).toEqual({ kind: 'wait' });
  });
  test('where Enter right behind a paste is a part of it, the paste rests first; longer where the machine is slow', () => {
    const resting = { ...profile, restMs: 60 };
    const at = (progress: Progress, now: number): Step =>
      nextStep({
        ...{ order, target, profile: resting, progress, now },
        sight: { screen: screen(['> hello']), arrival: 'absent' },
      });
    expect(at(pasted, 5)).toEqual({ kind: 'wait', drawn: true, ms: 65 });
    expect(at({ ...pasted, drawn: 5 }, 69)).toMatchObject({ kind: 'wait', ms: 1 });
    expect(at({ ...pasted, drawn: 5 }, 70)).toMatchObject({ kind: 'enter' });
    expect(at({ ...pasted, drawn: 5000 }, 6059)).toMatchObject({ kind: 'wait' });
    expect(at({ ...pasted, drawn: 5000 }, 6060)).toMatchObject({ kind: 'enter' });
  });
  test('what a human typed meanwhile is not entered, and told when it is no look into a redraw', () => {
    const theirs = screen(['> half a thought hello']);
    expect(step(pasted, theirs, 400)).toEqual({ kind: 'wait' });
    expect(step(pasted, screen(['> hello']), 500)).toMatchObject({ kind: 'enter' });
    expect(step(pasted, theirs, 5100)).toMatchObject({ result: { status: 'drafted' } });
  });
  test('no step pastes again, whatever is seen', () => {
    for (const progress of [pasted, entered])
      for (const seen of [null, dialog, screen([]), screen(['>']), screen(['> hello']), screen(['> x'])])
        for (const now of [0, 300, 2000, 60_000]) expect(step(progress, seen, now).kind).not.toBe('paste');
  });
});

test('no Enter is pressed into what the profile does not know', () => {
  const asks = screen(['A new version is there. Install it? Yes']);
  expect(step(pasted, asks, 29_000)).toEqual({ kind: 'wait' });
  expect(step(pasted, asks, 31_000)).toMatchObject({ result: { status: 'unknown', reason: 'NotReady' } });
});

describe('after Enter', () => {
  test('of a first message nobody else types before the runtime shows that it works, or has had its time', () => {
    const moving = { ...profile, settleMs: 2000 };
    const next = (progress: Progress, title: string, now: number): Step['kind'] =>
      nextStep({
        ...{ order, target, profile: moving, progress, now },
        sight: { screen: screen(['› hello', '>'], { title }), arrival: 'arrived' },
      }).kind;
    const first = { ...entered, first: true };
    expect(next(first, '◇ idle', 1000)).toBe('wait');
    expect(next(first, '✦ working', 300)).toBe('done');
    expect(next(first, '◇ idle', 2000)).toBe('done');
    expect(next(entered, '◇ idle', 300)).toBe('done');
  });
  test('the transcript proves; without it the text outside the composer does, after a while', () => {
    for (const seen of [screen(['› hello', '>']), screen(['> what a human types']), null])
      expect(step(entered, seen, 0, 'arrived')).toMatchObject({ result: { status: 'delivered' } });
    expect(step(entered, screen(['› hello', '>']), 100)).toEqual({ kind: 'wait' });
    expect(step(entered, screen(['› hello', '>']), 1600)).toMatchObject({ result: { status: 'delivered' } });
    expect(step(entered, screen(['>']), 11_000)).toMatchObject({ result: { status: 'unknown' } });
    // A runtime that was slow to draw the paste is slow to show that it was taken.
    expect(step({ ...entered, lagMs: 800 }, screen(['>']), 11_000)).toEqual({ kind: 'wait' });
    expect(step({ ...entered, lagMs: 60_000 }, screen(['>']), 20_100)).toMatchObject({
      result: { status: 'unknown' },
    });
  });
  test('a transcript that is to have it is waited for, also where its silence proves nothing', () => {
    const taken = screen(['› hello', '>']);
    expect(step(entered, taken, 1400, 'awaited')).toEqual({ kind: 'wait' });
    expect(step(entered, taken, 1600, 'awaited')).toMatchObject({ result: { status: 'delivered' } });
    expect(step(entered, taken, 0, 'unknown')).toMatchObject({ result: { status: 'delivered' } });
    // A runtime that was slow to draw the paste is slow to write it down.
    for (const arrival of ['absent', 'awaited'] as const)
      expect(step({ ...entered, lagMs: 800 }, taken, 1600, arrival)).toEqual({ kind: 'wait' });
  });
  test('its composer is waited for, for a moment: what is pasted before it is cleared is cleared with it', () => {
    for (const arrival of ['arrived', 'queued'] as const) {
      const status = arrival === 'arrived' ? 'delivered' : 'queued';
      expect(step(entered, screen(['> hello']), 300, arrival)).toEqual({ kind: 'wait' });
      expect(step(entered, screen(['> hello']), 600, arrival)).toMatchObject({ result: { status } });
      // A runtime that was slow to draw the paste is slow to clear it.
      expect(step({ ...entered, lagMs: 800 }, screen(['> hello']), 600, arrival)).toEqual({ kind: 'wait' });
      expect(step(entered, screen(['>']), 0, arrival)).toMatchObject({ result: { status } });
    }
  });
  test('a swallowed Enter is pressed once more, then it is drafted', () => {
    expect(step(entered, screen(['> hello']), 1600)).toMatchObject({ kind: 'enter' });
    // A runtime that was slow to draw the paste is slow to take Enter.
    expect(step({ ...entered, lagMs: 800 }, screen(['> hello']), 1600)).toEqual({ kind: 'wait' });
    expect(step({ ...entered, lagMs: 60_000 }, screen(['> hello']), 11_600)).toMatchObject({ kind: 'enter' });
    expect(step({ ...entered, enters: 2 }, screen(['> hello']), 3100)).toEqual({ kind: 'wait' });
    expect(step({ ...entered, enters: 2 }, screen(['> hello']), 10_100)).toMatchObject({
      result: { status: 'drafted' },
    });
  });
  test('a program that has drawn nothing since gets no other Enter: both might submit', () => {
    const still = screen(['> hello']);
    const unread = { ...entered, picture: pictureOf(still) };
    expect(step(unread, still, 29_000)).toEqual({ kind: 'wait' });
    expect(step(unread, still, 30_100)).toMatchObject({ result: { status: 'drafted' } });
    expect(step(unread, screen(['> hello', '']), 1600)).toMatchObject({ kind: 'enter' });
    expect(step(unread, screen(['> hello'], { title: 'another' }), 1600)).toMatchObject({ kind: 'enter' });
  });
  test('a busy runtime that took it from the composer holds it', () => {
    const busy = screen(['>'], { title: '✦ working' });
    expect(step({ ...entered, busy: true }, busy, 400)).toMatchObject({ result: { status: 'queued' } });
  });
  test('a busy runtime that was never seen to have it in its composer may have read nothing', () => {
    const busy = screen(['>'], { title: '✦ working' });
    const undrawn: Progress = { ...entered, busy: true, drawn: null };
    expect(step(undrawn, busy, 400)).toEqual({ kind: 'wait' });
    expect(step(undrawn, busy, 11_000)).toMatchObject({ result: { status: 'unknown' } });
    // It comes to it after all.
    const late = screen(['> hello'], { title: '✦ working' });
    expect(step(undrawn, late, 400)).toEqual({ kind: 'wait', drawn: true });
  });
});

describe('what a dead sender had begun', () => {
  const attempt: Attempt = { at: 0, target, position: { files: [] } };
  const other = { ...target, pid: 11 };
  test.each<readonly [string, PaneTarget, Screen, Arrival, boolean, string]>([
    ['is in the transcript', target, screen(['>']), 'arrived', true, 'arrived'],
    ['stands in the composer', target, screen(['> hello']), 'absent', true, 'finish'],
    ['is nowhere, and would be if it was read', target, screen(['>']), 'absent', true, 'unseen'],
    ['is nowhere, as far as can be told', target, screen(['>']), 'unknown', true, 'unknown'],
    ['may be held by a busy runtime', target, screen(['>'], { title: '✦' }), 'absent', true, 'wait'],
    ['ended with its process', other, screen(['>']), 'absent', true, 'absent'],
    ['may be in an earlier transcript', other, screen(['>']), 'absent', false, 'unknown'],
    ['is another’s, which comes up', other, screen(['loading']), 'unknown', false, 'wait'],
    ['was held by one that has ended', other, screen(['>']), 'queued', true, 'unknown'],
  ])('%s', (_, now, seen, arrival, same, result) => {
    expect(recovered({ text: 'hello', attempt }, now, profile, seen, arrival, same)).toBe(result);
  });
});

describe('a program of which nothing is known but its prompt, a shell for one', () => {
  const shell = profileOf({
    ...{ runtime: 'mine', readyPattern: '[$#] *$', busyPattern: null, dialogPattern: null },
    ...{ composerPattern: null, freshPattern: null, submitDelayMs: null, resetCommand: null },
    conversation: { new: null, resume: null },
  } as AgentSpec);
  const at = (progress: Progress, lines: readonly string[], now: number): Step => {
    const state = { order, target, profile: shell, progress, now };
    return nextStep({ ...state, sight: { screen: screen(lines, { title: '' }), arrival: 'unknown' } });
  };
  const before = at(fresh(0), ['$ make', 'done', '$'], 0);
  const shown = before.kind === 'paste' ? before.shown : NaN;

  test('is given Enter once the text shows, although it is at no empty prompt any more', () => {
    const late = shell.submitDelayMs;
    expect(at({ ...pasted, shown }, ['$ make', 'done', '$ hello'], late)).toMatchObject({ kind: 'enter' });
    expect(at({ ...pasted, shown }, ['$ make', 'done', 'what now?'], late)).toEqual({ kind: 'wait' });
  });
  test.each([
    ['its next prompt', ['$ make', 'done', '$ hello', 'hello: not found', '$'], 'delivered'],
    ['so much that the text has gone', ['1', '2', '3', '$'], 'delivered'],
    ['nothing', ['$ make', 'done', '$ hello', ''], 'unknown'],
    ['the text on one line more, as an editor does', ['$ make', 'done', '$', 'hello'], 'unknown'],
  ])('has taken it where below it shows %s', (_, lines, status) => {
    const enter = at({ ...pasted, shown }, ['$ make', 'done', '$ hello'], shell.submitDelayMs);
    const told: Progress = { ...entered, shown: enter.kind === 'enter' ? enter.shown : NaN };
    expect(at(told, lines, 40_000)).toMatchObject({ kind: 'done', result: { status } });
  });
  test('has taken it where that pushes what said the same before off the screen', () => {
    const full = ['$ hello', 'hi', '$ hello', 'hi', '$'];
    const next = at(fresh(0), full, 0);
    const enter = at(
      { ...pasted, shown: next.kind === 'paste' ? next.shown : NaN },
      [...full.slice(0, -1), '$ hello'],
      shell.submitDelayMs,
    );
    const told: Progress = { ...entered, shown: enter.kind === 'enter' ? enter.shown : NaN };
    const result = { status: 'delivered' };
    expect(at(told, ['$ hello', 'hi', '$ hello', 'hi', '$'], 40_000)).toMatchObject({ kind: 'done', result });
  });
});
