import { barrier, isLost } from './barrier.js';
import { standsThere } from './composer.js';
import { done, proofMs, type DeliveryState, type RefusalReason, type Step } from './delivery.js';
import { meansShell, opened, pictureOf, screenState } from './screen.js';
import { traces } from './shown.js';
import { submitKeys } from './submit-keys.js';

/**
 * A runtime that gets no processor reads paste and Enter in one piece, and may take that Enter for a part of the text (gemini
 * 0.61). So long a composer that stays as it was is waited for.
 */
const undrawnMs = 30_000;
/** Something else in the composer is believed when it has been there for so long. */
const redrawnMs = 5000;
/** A machine that is slow to draw is slow in all else: so much longer a paste rests at most. */
const mostRestMs = 1000;

/** What was pasted is entered once it shows, or reported. */
export function afterPaste({ order, target, profile, progress, sight, now }: DeliveryState): Step {
  const { screen } = sight;
  const barred = barrier(target, screen);
  if (screen === null || isLost(barred))
    return done('unknown', 'it ended after the text was pasted and before it was entered', 'Dead');
  const { activity, composer, elsewhere } = screenState(profile, screen);
  const isOurs = standsThere(profile, screen.lines, order.text);
  const waited = now - progress.since;
  if (activity === 'dialog')
    return waited < profile.submitDelayMs ? { kind: 'wait' } : stuck(isOurs, 'a dialog came up', 'Dialog');
  if (elsewhere && !meansShell(order.text))
    return waited < profile.submitDelayMs
      ? { kind: 'wait' }
      : stuck(isOurs, `${opened} was opened`, 'NotReady');
  const shown = traces(order.text, profile, screen);
  const isSeen = shown > progress.shown;
  // What stands where its composer was is somebody's words, and no draft. (At a prompt it is no more what a `ready_pattern` asks for.)
  const isAtPrompt = profile.composer.kind === 'none' && isSeen;
  if (activity === 'starting' && !isOurs && !isAtPrompt && waited < undrawnMs) return { kind: 'wait' };
  // It may ask something that no sign tells of: Enter would answer that.
  if (activity === 'starting' && !isOurs && profile.composer.kind !== 'none')
    return stuck(false, 'its composer went away', 'NotReady');
  if (barred !== null)
    return waited < proofMs ? { kind: 'wait' } : stuck(isOurs, 'somebody is in copy mode', 'CopyMode');
  const keys = submitKeys(profile, order.text, activity);
  // It began something meanwhile; what stands in its composer waits for the end of that.
  if (keys === null)
    return waited < order.patienceMs ? { kind: 'wait' } : stuck(isOurs, 'it began to work', 'Busy');
  const enter = { kind: 'enter', shown, picture: pictureOf(screen), keys } as const;
  if (isOurs) {
    const drawn = progress.drawn ?? now;
    const rest = profile.restMs === 0 ? 0 : profile.restMs + Math.min(drawn - progress.since, mostRestMs);
    const left = rest - (now - drawn);
    return left > 0 ? { kind: 'wait', drawn: true, ms: left } : { ...enter, drawn: true };
  }
  if (waited < profile.submitDelayMs) return { kind: 'wait' };
  // A look may fall into the middle of a redraw: without a composer, what was said before stands where it would be (gemini 0.61).
  if (composer.kind === 'draft' && waited < redrawnMs) return { kind: 'wait' };
  if (composer.kind === 'draft')
    return done('drafted', 'something else stands in its composer as well; it was not entered', 'Draft');
  if (profile.composer.kind === 'none') return enter;
  // Where it shows, and no composer does any more, the profile's pattern is out of date: a long text fits into no small pane, for one.
  if (isSeen && composer.kind === 'unknown')
    return waited < profile.submitDelayMs * 4 ? { kind: 'wait' } : enter;
  // Enter would go where nobody knows: into what a human has opened above an empty composer, for one.
  if (waited < undrawnMs) return { kind: 'wait' };
  const where = isSeen ? 'shows elsewhere than in its composer' : 'does not show';
  return done('unknown', `it was pasted and ${where}; it was not entered`, 'NotReady');
}

export const stuck = (isOurs: boolean, what: string, reason: RefusalReason): Step =>
  isOurs
    ? done('drafted', `${what} after the text was pasted; it stands in the composer`, reason)
    : done('unknown', `${what} after the text was pasted, and the text is not to be seen`, reason);
