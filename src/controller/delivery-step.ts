import { afterEnter } from './after-enter.js';
import { afterPaste } from './after-paste.js';
import { beforePaste, lingeringMs } from './before-paste.js';
import { standsThere } from './composer.js';
import { done, lags, mostLagMs, sizeMs, type DeliveryState, type Step } from './delivery.js';
import { screenState } from './screen.js';

/** The next step of a delivery. Never a second paste: what was pasted once is only ever entered, or reported. */
export function nextStep(state: DeliveryState): Step {
  const { progress, sight } = state;
  switch (progress.phase) {
    case 'before':
      return beforePaste(state);
    case 'pasted':
      if (sight.arrival === 'arrived') return done('delivered', 'seen in the transcript');
      return afterPaste(state);
    case 'entered': {
      const step = entered(state);
      return step.kind === 'done' && mayBeSettling(state) ? { kind: 'wait' } : step;
    }
  }
}

function entered(state: DeliveryState): Step {
  const { order, progress, sight, now } = state;
  if (sight.arrival !== 'arrived' && sight.arrival !== 'queued') return afterEnter(state);
  // Its transcript can be ahead of its composer (pi 0.73, gemini 0.61): what the next sender pastes before that is cleared
  // is cleared with it.
  const clearing =
    now - progress.since < lingeringMs + Math.min(progress.lagMs, mostLagMs) * lags + sizeMs(order);
  if (clearing && holds(state)) return { kind: 'wait' };
  return sight.arrival === 'arrived'
    ? done('delivered', 'seen in the transcript')
    : done('queued', 'the agent is busy and holds it');
}

/** Taken, but its view may be changing: what the next sender pastes into that is lost. */
const mayBeSettling = ({ profile, progress, sight: { screen }, now }: DeliveryState): boolean =>
  progress.first &&
  now - progress.since < profile.settleMs &&
  screen !== null &&
  screenState(profile, screen).activity !== 'busy';

const holds = ({ order, profile, sight: { screen } }: DeliveryState): boolean =>
  screen !== null && standsThere(profile, screen.lines, order.text);
