import type { RuntimeProfile } from '../roster/profile.js';
import { isDraftOf } from './composer.js';
import {
  screenState,
  shows,
  type Activity,
  type PaneTarget,
  type Screen,
  type ScreenState,
} from './screen.js';
import { timesShown } from './shown.js';
import type { Arrival } from './transcript.js';

/** Why nothing was typed, or what stands in the way of finishing. */
export type RefusalReason = 'NotReady' | 'Dialog' | 'CopyMode' | 'Dead' | 'Draft' | 'Foreign' | 'Busy';

export type DeliveryStatus = 'delivered' | 'queued' | 'drafted' | 'refused' | 'unknown';

export interface DeliveryResult {
  readonly status: DeliveryStatus;
  readonly reason: RefusalReason | null;
  /** What an operator reads. */
  readonly message: string;
}

/** What the sender asked for. Durations in milliseconds. */
export interface DeliveryOrder {
  readonly text: string;
  readonly whenIdle: boolean;
  readonly clearDraft: boolean;
  /** How often Enter may be pressed. */
  readonly enters: number;
  /** How long to wait until it can be typed. */
  readonly patienceMs: number;
}

/** One look at the agent's pane. */
export interface Sight {
  /** null: there is no such pane any more. */
  readonly screen: Screen | null;
  readonly arrival: Arrival;
}

/** What has been done so far. Moments are on the caller's clock, milliseconds. */
export interface Progress {
  readonly phase: 'before' | 'pasted' | 'entered';
  readonly begun: number;
  /** When this phase began, or Enter was pressed last. */
  readonly since: number;
  readonly enters: number;
  /** How often any keys were pressed to submit it, Enter or others. */
  readonly presses: number;
  /** How long it took to draw the paste, milliseconds: so slow is the runtime, or the machine. */
  readonly lagMs: number;
  readonly cleared: boolean;
  /** Whether the runtime was busy when the text was pasted. */
  readonly busy: boolean;
  /** How often the text stood on the screen outside the composer, before Enter. */
  readonly shown: number;
}

export const fresh = (now: number): Progress => ({
  ...{ phase: 'before', begun: now, since: now, enters: 0, presses: 0 },
  ...{ lagMs: 0, cleared: false, busy: false, shown: 0 },
});

export type Step =
  | { readonly kind: 'wait' }
  | { readonly kind: 'clear' }
  | { readonly kind: 'paste'; readonly busy: boolean }
  | { readonly kind: 'enter'; readonly shown: number; readonly keys: readonly string[] }
  | { readonly kind: 'done'; readonly result: DeliveryResult };

/** A swallowed Enter shows after so long: the text still stands in the composer. */
const swallowedMs = 1500;
/** Keys that do nothing in an idle composer are pressed so often. */
const mostPresses = 6;
/** A runtime that was busy holds what has left its composer; its transcript gets so long to say more. */
const heldMs = 300;
/** So long a transcript may be behind what the screen shows. */
const behindMs = 1500;
/** After so long without any proof the result is unknown. */
const proofMs = 10_000;
/** The same for a runtime of which nothing but its screen can be read. */
const screenProofMs = 3000;
/** What was said last may still stand in the composer when the transcript has it already (pi 0.73): so long that is waited for. */
const lingeringMs = 500;
/** A second Enter that comes along with the first is swallowed like it: so many times the lag lies between them. */
const lags = 5;
/** A composer that does not fit the profile's rule is waited for so long. */
const composerMs = 2000;

/** A megabyte takes a runtime a while to draw: so much more patience for each byte, milliseconds. */
const perByteMs = 0.01;
const sizeMs = ({ text }: DeliveryOrder): number => text.length * perByteMs;

const done = (status: DeliveryStatus, message: string, reason: RefusalReason | null = null): Step => ({
  kind: 'done',
  result: { status, reason, message },
});

/** The next step of a delivery. Never a second paste: what was pasted once is only ever entered, or reported. */
export function nextStep(
  order: DeliveryOrder,
  target: PaneTarget,
  profile: RuntimeProfile,
  progress: Progress,
  sight: Sight,
  now: number,
): Step {
  const { screen } = sight;
  switch (progress.phase) {
    case 'before':
      return beforePaste(order, target, profile, progress, screen, now);
    case 'pasted':
      if (sight.arrival === 'arrived') return done('delivered', 'seen in the transcript');
      return afterPaste(order, target, profile, progress, screen, now);
    case 'entered':
      if (sight.arrival === 'arrived' || sight.arrival === 'queued') {
        // Its transcript can be ahead of its composer (pi 0.73, gemini 0.61): what the next sender pastes before that is cleared
        // is cleared with it.
        const clearing = now - progress.since < lingeringMs + progress.lagMs * lags + sizeMs(order);
        if (clearing && holds(order, profile, screen)) return { kind: 'wait' };
        return sight.arrival === 'arrived'
          ? done('delivered', 'seen in the transcript')
          : done('queued', 'the agent is busy and holds it');
      }
      return afterEnter(order, target, profile, progress, sight, now);
  }
}

function beforePaste(
  { text, whenIdle, clearDraft, patienceMs }: DeliveryOrder,
  target: PaneTarget,
  profile: RuntimeProfile,
  { begun, cleared, since }: Progress,
  screen: Screen | null,
  now: number,
): Step {
  const barred = barrier(target, screen);
  if (barred !== null || screen === null) return done('refused', ...(barred ?? gone));
  const { activity, composer } = screenState(profile, screen);
  const late = now - begun >= patienceMs;
  const waitOr = (...refusal: readonly [string, RefusalReason]): Step =>
    late ? done('refused', ...refusal) : { kind: 'wait' };
  switch (activity) {
    case 'dialog':
      return whenIdle
        ? waitOr('a dialog waits for a human; look with: fleet agent attach AGENT', 'Dialog')
        : done('refused', 'a dialog waits for a human; look with: fleet agent attach AGENT', 'Dialog');
    case 'starting':
      return waitOr(
        'its screen is not ready for input; try again, or leave the message with --later',
        'NotReady',
      );
    case 'busy':
      if (whenIdle) return waitOr('it is still busy; leave the message with --later', 'Busy');
      if (submitKeys(profile, text, screen, activity) === null)
        return waitOr(
          'it is busy, and cannot be given this safely before it is idle; wait longer with --timeout, or leave it with --later',
          'Busy',
        );
      break;
    case 'ready':
  }
  switch (composer.kind) {
    case 'draft':
      if (!cleared && now - begun < Math.min(lingeringMs, patienceMs)) return { kind: 'wait' };
      if (!clearDraft || profile.clearDraft.length === 0)
        return done(
          'refused',
          'a draft stands in its composer; send or clear it, or use --clear-draft',
          'Draft',
        );
      // claude 2.1 takes Ctrl-C for an interrupt while it works, and keeps the draft.
      if (activity === 'busy')
        return waitOr('a draft stands in its composer, and it cannot be cleared while it is busy', 'Draft');
      if (!cleared) return { kind: 'clear' };
      return now - since < composerMs
        ? { kind: 'wait' }
        : done('refused', 'the draft in its composer could not be cleared', 'Draft');
    case 'unknown':
      if (profile.composer.kind !== 'none' && now - begun < Math.min(composerMs, patienceMs))
        return { kind: 'wait' };
      if (profile.composer.kind !== 'none')
        return done(
          'refused',
          'its composer is not on the screen; see composer_pattern in the roster',
          'NotReady',
        );
      return { kind: 'paste', busy: activity === 'busy' };
    case 'empty':
      return { kind: 'paste', busy: activity === 'busy' };
  }
}

function afterPaste(
  order: DeliveryOrder,
  target: PaneTarget,
  profile: RuntimeProfile,
  progress: Progress,
  screen: Screen | null,
  now: number,
): Step {
  const barred = barrier(target, screen);
  if (screen === null || barred?.[1] === 'Dead' || barred?.[1] === 'Foreign')
    return done('unknown', 'it ended after the text was pasted and before it was entered', 'Dead');
  const { activity, composer } = screenState(profile, screen);
  const isOurs = isDraftOf(composer, order.text, profile.collapsed);
  const waited = now - progress.since;
  if (activity === 'dialog')
    return waited < profile.submitDelayMs ? { kind: 'wait' } : stuck(isOurs, 'a dialog came up', 'Dialog');
  if (barred !== null)
    return waited < proofMs ? { kind: 'wait' } : stuck(isOurs, 'somebody is in copy mode', 'CopyMode');
  const shown = timesShown(order.text, profile, screen);
  const keys = submitKeys(profile, order.text, screen, activity);
  // It began something meanwhile; what stands in its composer waits for the end of that.
  if (keys === null)
    return waited < order.patienceMs ? { kind: 'wait' } : stuck(isOurs, 'it began to work', 'Busy');
  if (isOurs) return { kind: 'enter', shown, keys };
  if (waited < profile.submitDelayMs) return { kind: 'wait' };
  if (composer.kind === 'draft')
    return done('drafted', 'something else stands in its composer as well; it was not entered', 'Draft');
  // A composer that stays empty may be one that draws late: Enter in an empty one does no harm.
  if (composer.kind === 'empty' && waited < profile.submitDelayMs * 4) return { kind: 'wait' };
  return { kind: 'enter', shown, keys };
}

/** What submits the composer now; null: nothing that could not be taken for a dialog's answer. */
function submitKeys(
  { submitBusy, submitBusyMost: most, unasking }: RuntimeProfile,
  text: string,
  screen: Screen,
  activity: Activity,
): readonly string[] | null {
  if (activity !== 'busy' || shows(unasking, screen)) return ['Enter'];
  const long = most !== null && (text.length > most.characters || text.split('\n').length > most.lines);
  return submitBusy.length === 0 || long ? null : submitBusy;
}

const stuck = (isOurs: boolean, what: string, reason: RefusalReason): Step =>
  isOurs
    ? done('drafted', `${what} after the text was pasted; it stands in the composer`, reason)
    : done('unknown', `${what} after the text was pasted, and the text is not to be seen`, reason);

function afterEnter(
  order: DeliveryOrder,
  target: PaneTarget,
  profile: RuntimeProfile,
  progress: Progress,
  { screen, arrival }: Sight,
  now: number,
): Step {
  const waited = now - progress.since;
  const barred = barrier(target, screen);
  if (screen === null || barred?.[1] === 'Dead' || barred?.[1] === 'Foreign')
    return waited < heldMs
      ? { kind: 'wait' }
      : done('unknown', 'it ended before it could be seen to take the message', 'Dead');
  const state = screenState(profile, screen);
  const extra = sizeMs(order);
  const limit = (profile.transcript === 'none' ? screenProofMs : proofMs) + extra;
  const swallowed = swallowedMs + extra + progress.lagMs * lags;
  if (isDraftOf(state.composer, order.text, profile.collapsed)) {
    if (state.activity === 'dialog')
      return waited < limit ? { kind: 'wait' } : stuck(true, 'a dialog came up', 'Dialog');
    if (waited < swallowed || barred !== null)
      return waited < limit ? { kind: 'wait' } : stuck(true, 'it was not taken', 'CopyMode');
    const keys = submitKeys(profile, order.text, screen, state.activity);
    // A runtime whose title is late gets the keys for a busy one when it is idle, where they do nothing.
    const again =
      keys?.includes('Enter') === false ? progress.presses < mostPresses : progress.enters < order.enters;
    if (again && keys !== null) return { kind: 'enter', shown: progress.shown, keys };
    return waited < Math.max(limit, swallowed * 2)
      ? { kind: 'wait' }
      : done('drafted', 'it still stands in the composer; Enter did not submit it', 'Draft');
  }
  if (progress.busy && hasLeft(state) && waited >= heldMs)
    return done('queued', 'the agent is busy and holds it');
  const reacted = timesShown(order.text, profile, screen) > progress.shown && state.composer.kind !== 'draft';
  const behind = profile.transcript === 'none' || arrival === 'unknown' ? 0 : behindMs;
  if (reacted && waited >= behind) return done('delivered', 'seen on its screen');
  return waited < limit
    ? { kind: 'wait' }
    : done('unknown', 'neither its transcript nor its screen shows that it was taken');
}

const holds = ({ text }: DeliveryOrder, profile: RuntimeProfile, screen: Screen | null): boolean =>
  screen !== null && isDraftOf(screenState(profile, screen).composer, text, profile.collapsed);

/** The composer is there and empty, or cannot be told from the rest: what was in it has been taken. */
const hasLeft = ({ composer, activity }: ScreenState): boolean =>
  composer.kind === 'empty' || (composer.kind === 'unknown' && activity === 'busy');

const gone = ['its pane is gone', 'Dead'] as const;

/** What forbids any key, whatever the runtime shows. */
export function barrier(target: PaneTarget, screen: Screen | null): readonly [string, RefusalReason] | null {
  if (screen === null) return gone;
  if (screen.dead) return ['its process has ended', 'Dead'];
  if (screen.pid !== target.pid) return ['another process runs in its pane', 'Foreign'];
  if (screen.inMode) return ['somebody is in copy mode there; leave it with q', 'CopyMode'];
  if (screen.inputOff) return ['input to its pane is switched off (select-pane -d)', 'CopyMode'];
  return null;
}
