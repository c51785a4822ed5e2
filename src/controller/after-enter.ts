import { stuck } from './after-paste.js';
import { barrier, isLost } from './barrier.js';
import { standsThere } from './composer.js';
import { done, lags, mostLagMs, proofMs, sizeMs, type DeliveryState, type Step } from './delivery.js';
import { meansShell, opened, pictureOf, screenState, type ScreenState } from './screen.js';
import { hasGoneOn } from './shown.js';
import { submitKeys } from './submit-keys.js';

/** A swallowed Enter shows after so long: the text still stands in the composer. */
const swallowedMs = 1500;
/**
 * A program that has drawn nothing since the last keys may not have read them yet. Another Enter would be read with the first in
 * one piece, and both may submit: gemini 0.61, stopped for 6 s, then asked its model twice. So long it is waited for.
 */
const unreadMs = 30_000;
/** Keys that do nothing in an idle composer are pressed so often. */
const mostPresses = 6;
/** A runtime that was busy holds what has left its composer; its transcript gets so long to say more. */
const heldMs = 300;
/** So long a transcript may be behind what the screen shows. */
const behindMs = 1500;
/** The same for a runtime of which nothing but its screen can be read. */
const screenProofMs = 3000;

/** Whether it was taken; and Enter once more where it was not. */
export function afterEnter({ order, target, profile, progress, sight, now }: DeliveryState): Step {
  const { screen, arrival } = sight;
  const waited = now - progress.since;
  const barred = barrier(target, screen);
  if (screen === null || isLost(barred))
    return waited < heldMs
      ? { kind: 'wait' }
      : done('unknown', 'it ended before it could be seen to take the message', 'Dead');
  const state = screenState(profile, screen);
  const extra = sizeMs(order);
  const late = Math.min(progress.lagMs, mostLagMs) * lags;
  // Who took long to show a paste takes long to show what became of it: opencode that has just come up, on a busy machine.
  const limit = (profile.transcript === 'none' ? screenProofMs : proofMs) + extra + late;
  const swallowed = swallowedMs + extra + late;
  if (standsThere(profile, screen.lines, order.text)) {
    if (progress.drawn === null) return { kind: 'wait', drawn: true };
    if (state.activity === 'dialog')
      return waited < limit ? { kind: 'wait' } : stuck(true, 'a dialog came up', 'Dialog');
    if (state.elsewhere && !meansShell(order.text))
      return waited < limit ? { kind: 'wait' } : stuck(true, `${opened} was opened`, 'NotReady');
    if (barred !== null)
      return waited < limit ? { kind: 'wait' } : stuck(true, 'somebody is in copy mode', 'CopyMode');
    const keys = submitKeys(profile, order.text, state.activity);
    const mayBeUnread = keys?.includes('Enter') === true && pictureOf(screen) === progress.picture;
    if (waited < (mayBeUnread ? unreadMs + extra : swallowed)) return { kind: 'wait' };
    // A runtime whose title is late gets the keys for a busy one when it is idle, where they do nothing.
    const again =
      keys?.includes('Enter') === false ? progress.presses < mostPresses : progress.enters < order.enters;
    if (again && keys !== null && !mayBeUnread)
      return { kind: 'enter', shown: progress.shown, picture: pictureOf(screen), keys };
    return waited < Math.max(limit, swallowed * 2)
      ? { kind: 'wait' }
      : done('drafted', 'it still stands in the composer; Enter did not submit it', 'Draft');
  }
  // A composer in which nothing was seen is empty also where its program has read nothing.
  const wasThere = progress.drawn !== null || profile.composer.kind === 'none';
  if (progress.busy && wasThere && hasLeft(state) && waited >= heldMs) return held;
  const reacted = hasGoneOn(order.text, profile, screen, progress.shown) && state.composer.kind !== 'draft';
  // Killed before it has written it down, it would have lost what was told as delivered (codex 0.171, claude 2.1.332).
  const behind = profile.transcript === 'none' || arrival === 'unknown' ? 0 : behindMs + late;
  // What a runtime holds until its turn is over stands on its screen as well.
  if (reacted && waited >= behind)
    return progress.busy && state.activity === 'busy' ? held : done('delivered', 'seen on its screen');
  return waited < limit
    ? { kind: 'wait' }
    : done('unknown', 'neither its transcript nor its screen shows that it was taken');
}

const held = done('queued', 'the agent is busy and holds it');

/** The composer is there and empty, or cannot be told from the rest: what was in it has been taken. */
const hasLeft = ({ composer, activity }: ScreenState): boolean =>
  composer.kind === 'empty' || (composer.kind === 'unknown' && activity === 'busy');
