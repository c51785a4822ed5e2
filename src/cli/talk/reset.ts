import { setTimeout as delay } from 'node:timers/promises';
import { pasteText, pressKeys } from '../../actuators/messages.js';
import { isDraftOf, type Composer } from '../../controller/composer.js';
import { barrier, dialogWaits, gone } from '../../controller/barrier.js';
import type { RefusalReason } from '../../controller/delivery.js';
import type { Outcome } from '../../controller/port.js';
import { activityOf, opened, screenState, shows, type Screen } from '../../controller/screen.js';
import { transcriptOf } from '../../observers/transcripts/transcript.js';
import type { ActivitySigns } from '../../roster/profile.js';
import type { Context } from '../context.js';
import { look } from './mail.js';
import type { Line } from './line.js';
import { settleAllHeld } from './round.js';

export interface ResetOrder {
  readonly command: string;
  readonly interrupt: boolean;
  /** What would help against a busy agent. */
  readonly hint: string;
  /** How long to wait for an idle agent, milliseconds. */
  readonly patienceMs: number;
  /** Whether a draft may be cleared; else it is spared, and nothing is reset. */
  readonly mayClear: (draft: Composer) => boolean;
  /** An idle agent that may have been told something a moment ago is waited for, whatever the patience: that is over soon. */
  readonly outlasts?: true;
  /** A screen that does not show the runtime ready is no obstacle: its process is ended, and nothing is typed. */
  readonly untold?: true;
}

/** Why an agent was not reset, in the words of a receipt; null: none of them is it. */
export interface Refusal {
  readonly reason: RefusalReason | null;
  readonly message: string;
}

/**
 * - `fresh`: verified on the screen
 * - `refused`: nothing was typed
 * - `uncertain`: it may or may not be fresh; only an end of the process is certain
 */
export type ResetResult =
  | { readonly kind: 'fresh' }
  /** `late`: it was waited for until the time was over. `unseen`: tmux does not answer. */
  | (Refusal & { readonly kind: 'refused'; readonly late?: true; readonly unseen?: true })
  | { readonly kind: 'uncertain'; readonly message: string }
  /** It is idle, and its process is to be ended: only a start says which conversation it is in. */
  | { readonly kind: 'by-restart' };

const pauseMs = 50;
const freshMs = 5000;
/** An agent that was told something shows within this that it works on it. */
const beginMs = 5000;

/** Resets a conversation in the runtime itself. The caller holds the agent's lock. @param id names the paste's buffer */
export async function resetInApp(
  context: Context,
  line: Line,
  order: ResetOrder,
  id: string,
): Promise<ResetResult> {
  const { profile, agent, socket, target } = line;
  const waited = await untilIdle(context, line, order);
  if (waited.kind === 'refused') return waited;
  const before = signsOf(line, waited.screen);
  if (!stands(line, waited.screen, order.command)) {
    const pasted = await pasteText(
      context.exec,
      socket,
      agent.name,
      target,
      id,
      order.command,
      profile.dialog,
    );
    if (pasted.kind === 'refused')
      return {
        kind: 'refused',
        reason: null,
        message: pasted.message ?? 'its pane changed in the last moment',
      };
    if (pasted.kind === 'unknown') return { kind: 'uncertain', message: pasted.message };
  }
  const drafted = await untilSeen(context, line, profile.submitDelayMs * 4, (screen) =>
    isDraftOf(screenState(profile, screen).composer, order.command, profile.collapsed),
  );
  if (drafted === null) return { kind: 'uncertain', message: `${order.command} was pasted and did not show` };
  const pending = screenState(profile, drafted);
  if (pending.activity !== 'ready' || pending.elsewhere)
    return { kind: 'uncertain', message: `it began something else while ${order.command} was pasted` };
  const entered = await pressKeys(context.exec, socket, agent.name, target, ['Enter'], profile.dialog);
  if (entered.kind !== 'done')
    return { kind: 'uncertain', message: `${order.command} stands in its composer` };
  const fresh = await untilSeen(context, line, freshMs, (screen) => {
    const { activity, composer } = screenState(profile, screen);
    const isFresh = shows(profile.fresh, screen) && signsOf(line, screen) !== before;
    return isFresh && activity === 'ready' && composer.kind !== 'draft';
  });
  return fresh === null
    ? { kind: 'uncertain', message: 'its screen does not show a fresh conversation' }
    : { kind: 'fresh' };
}

/**
 * Whether exactly the word that resets stands in the composer, as a reset leaves it that died before its Enter. It is nobody's
 * draft: a human who had typed it would want the same.
 */
function stands({ profile }: Line, screen: Screen, word: string | null): boolean {
  const { composer } = screenState(profile, screen);
  return word !== null && composer.kind === 'draft' && composer.text.trim() === word;
}

/** The lines that say so; an earlier reset may have left some. */
const signsOf = ({ profile }: Line, screen: Screen): string =>
  screen.lines
    .filter((line) => shows(profile.fresh, { title: '', lines: [line] }))
    .map(({ text }) => text)
    .join('\n');

/** Waits until the process may be ended. The caller holds the agent's lock. */
export async function resetByRestart(context: Context, line: Line, order: ResetOrder): Promise<ResetResult> {
  const waited = await untilIdle(context, line, order);
  return waited.kind === 'refused' ? waited : { kind: 'by-restart' };
}

/**
 * What forbids a reset now. `busy` passes by itself, and an interrupt hastens it; the rest is for a human.
 */
export interface ResetBarrier {
  readonly kind: 'busy' | 'human' | 'starting';
  readonly reason: RefusalReason;
  readonly message: string;
}

export const humanHasOpened = `a human has opened ${opened} there`;

/** @returns null where no turn is under way that an end of the process would cut off */
export function turnBarrier(agent: string, signs: ActivitySigns, screen: Screen): ResetBarrier | null {
  switch (activityOf(signs, screen)) {
    case 'dialog':
      return { kind: 'human', reason: 'Dialog', message: dialogWaits(agent) };
    case 'busy':
      return { kind: 'busy', reason: 'Busy', message: 'it is still busy' };
    case 'starting':
    case 'ready':
      return null;
  }
}

/**
 * @param word that would be typed
 * @returns null where an idle agent shows, with nothing in its composer but that word
 */
export function resetBarrier(line: Line, screen: Screen, word: string | null): ResetBarrier | null {
  const turn = turnBarrier(line.agent.name, line.profile, screen);
  if (turn !== null) return turn;
  const { activity, composer, elsewhere } = screenState(line.profile, screen);
  if (elsewhere)
    return {
      kind: 'human',
      reason: 'NotReady',
      message: `${humanHasOpened}, which would take what is typed`,
    };
  if (activity === 'starting')
    return { kind: 'starting', reason: 'NotReady', message: 'its screen is not ready for input' };
  return composer.kind === 'draft' && !stands(line, screen, word)
    ? { kind: 'human', reason: 'Draft', message: 'a draft stands in its composer' }
    : null;
}

const justTold: ResetBarrier = { kind: 'busy', reason: 'Busy', message: 'it is about to begin its turn' };

/** @returns the screen of an idle agent with nothing in its composer that is not the order's, or why there is none */
async function untilIdle(
  context: Context,
  line: Line,
  order: ResetOrder,
): Promise<{ readonly kind: 'idle'; readonly screen: Screen } | Extract<ResetResult, { kind: 'refused' }>> {
  const refused = (reason: RefusalReason, message: string) => ({ kind: 'refused', reason, message }) as const;
  const deadline = performance.now() + order.patienceMs;
  const transcript = transcriptOf(line.profile.transcript, line.target.pid);
  let [interrupted, cleared, settled] = [false, false, false];
  let idleSince: number | null = null;
  for (;;) {
    const seen = await look(context, line);
    if (!seen.known) return { ...refused('NotReady', seen.message), unseen: true };
    const barred = barrier(line.target, seen.value);
    if (barred !== null || seen.value === null) {
      const [message, reason] = barred ?? gone;
      return refused(reason, message);
    }
    const shown = resetBarrier(line, seen.value, order.command);
    const isIdle = shown === null || (shown.kind === 'starting' && order.untold === true);
    idleSince = isIdle ? (idleSince ?? performance.now()) : null;
    // Of what was said to it a moment ago the transcript may tell before the screen does. A turn that broke off stays open there.
    const mayBegin =
      idleSince !== null &&
      performance.now() - idleSince < beginMs &&
      transcript.turn(line.marks.conversation) === 'open';
    if (isIdle && !mayBegin) {
      // Of what it held nobody could tell in another conversation.
      if (settled || !(await settleAllHeld(context, line))) return { kind: 'idle', screen: seen.value };
      settled = true;
      continue;
    }
    const before = isIdle ? justTold : shown;
    if (before.kind === 'human') {
      const { activity, composer, elsewhere } = screenState(line.profile, seen.value);
      const keys = line.profile.clearDraft;
      if (activity !== 'ready' || elsewhere || keys.length === 0 || !order.mayClear(composer))
        return refused(before.reason, before.message);
      if (!cleared)
        await pressKeys(context.exec, line.socket, line.agent.name, line.target, keys, line.profile.dialog);
      cleared = true;
    }
    if (before.kind === 'busy' && before !== justTold && order.interrupt && !interrupted) {
      interrupted = true;
      const { exec } = context;
      await pressKeys(exec, line.socket, line.agent.name, line.target, line.profile.interrupt, []);
    }
    const message = before.kind === 'busy' ? `${before.message}; ${order.hint}` : before.message;
    const mayGoOn = before === justTold && order.outlasts === true;
    if (performance.now() >= deadline && !mayGoOn) return { ...refused(before.reason, message), late: true };
    if (context.interrupted()) return refused(before.reason, message);
    await delay(pauseMs);
  }
}

async function untilSeen(
  context: Context,
  line: Line,
  ms: number,
  wanted: (screen: Screen) => boolean,
): Promise<Screen | null> {
  const deadline = performance.now() + ms;
  for (;;) {
    const seen = await look(context, line);
    if (!seen.known || barrier(line.target, seen.value) !== null || seen.value === null) return null;
    if (wanted(seen.value)) return seen.value;
    if (performance.now() >= deadline) return null;
    await delay(pauseMs / 2);
  }
}

/** What is typed, or why nothing can be. */
export function resetWord(
  line: Line,
  asked: 'clear' | 'new' | null,
): { readonly word: string } | { readonly problem: NonNullable<Outcome> } {
  if (line.profile.fresh.length === 0)
    return { problem: `a fresh screen of ${line.agent.runtime} cannot be told` };
  const word = asked === null ? line.profile.resetCommand : `/${asked}`;
  // To pi, /clear is a prompt like any other (0.73).
  if (word === '/clear' && line.agent.runtime === 'pi') return { problem: 'pi does not know /clear' };
  return word === null ? { problem: `no reset command of ${line.agent.runtime} is known` } : { word };
}
