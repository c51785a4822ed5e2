import type { RuntimeProfile } from '../roster/profile.js';
import { barrier, dialogWaits, gone } from './barrier.js';
import { done, type DeliveryState, type Obstacle, type RefusalReason, type Step } from './delivery.js';
import { mistakable, mistaken, opened, screenState, shows } from './screen.js';
import { traces } from './shown.js';
import { submitKeys } from './submit-keys.js';

/** What was said last may still stand in the composer when the transcript has it already (pi 0.73): so long that is waited for. */
export const lingeringMs = 500;
/** A composer that does not fit the profile's rule is waited for so long. */
const composerMs = 2000;
/** What does not show is waited for so long: a human may have cleared the screen, or its settings hide it. */
const loadedMs = 10_000;

/** Whether the text may be pasted, and what stands in the way. */
export function beforePaste({ order, target, profile, progress, sight, now }: DeliveryState): Step {
  const { agent, text, whenIdle, clearDraft, patienceMs } = order;
  const { begun, cleared, since } = progress;
  const { screen } = sight;
  const barred = barrier(target, screen);
  if (barred !== null || screen === null) return done('refused', ...(barred ?? gone));
  const { activity, composer, elsewhere } = screenState(profile, screen);
  const late = now - begun >= patienceMs;
  const waitOr = (...refusal: readonly [string, RefusalReason]): Step =>
    late ? done('refused', ...refusal) : { kind: 'wait' };
  /** Whether every look of the last so many milliseconds has found this; or there was now this and now that, for too long. */
  const stays = (what: Obstacle, ms: number): boolean =>
    now - (progress.obstacle?.what === what ? progress.obstacle.since : now) >= ms ||
    now - begun >= patienceMs + ms;
  if (elsewhere && activity !== 'dialog')
    return waitOr(`a human has opened ${opened} there, which would take the message`, 'NotReady');
  switch (activity) {
    case 'dialog':
      return whenIdle ? waitOr(dialogWaits(agent), 'Dialog') : done('refused', dialogWaits(agent), 'Dialog');
    case 'starting':
      return waitOr('its screen is not ready for input', 'NotReady');
    case 'busy':
      if (whenIdle) return waitOr('it is still busy', 'Busy');
      if (submitKeys(profile, text, activity) === null)
        return waitOr(
          'it is busy, and cannot be given this safely before it is idle; wait longer with --timeout',
          'Busy',
        );
      break;
    case 'ready':
      if (profile.loaded.length > 0 && !shows(profile.loaded, screen) && !stays('loading', loadedMs))
        return late
          ? done('refused', 'it takes no input yet', 'NotReady')
          : { kind: 'wait', obstacle: 'loading' };
  }
  switch (composer.kind) {
    case 'draft':
      if (!cleared && !stays('draft', Math.min(lingeringMs, patienceMs)))
        return { kind: 'wait', obstacle: 'draft' };
      if (!clearDraft || profile.clearDraft.length === 0)
        return done('refused', `a draft stands in its composer; ${advice(profile)}`, 'Draft');
      // claude 2.1 takes Ctrl-C for an interrupt while it works, and keeps the draft.
      if (activity === 'busy')
        return waitOr('a draft stands in its composer, and it cannot be cleared while it is busy', 'Draft');
      if (!cleared) return { kind: 'clear' };
      return now - since < composerMs
        ? { kind: 'wait' }
        : done('refused', 'the draft in its composer could not be cleared', 'Draft');
    case 'unknown':
      if (profile.composer.kind !== 'none' && !stays('composer', Math.min(composerMs, patienceMs)))
        return { kind: 'wait', obstacle: 'composer' };
      if (profile.composer.kind !== 'none')
        return done(
          'refused',
          'its composer is not on the screen; see composer_pattern in the roster',
          'NotReady',
        );
      break;
    case 'empty':
  }
  // Its sender was told so before it was left, unless nobody read it then (a first message), or by another runtime's words.
  const like = mistakable(profile, text);
  if (like !== null)
    return done('refused', `${mistaken(like, 'its runtime')}; nothing was typed`, 'NotReady');
  return {
    ...{ kind: 'paste', busy: activity === 'busy', first: shows(profile.fresh, screen) },
    shown: traces(text, profile, screen),
  };
}

/** What a sender can do about a draft. */
const advice = ({ clearDraft }: RuntimeProfile): string =>
  clearDraft.length === 0
    ? 'send or clear it by hand: fleet knows no key of its runtime that does'
    : 'send or clear it, or use --clear-draft';
