import type { RuntimeProfile } from '../roster/profile.js';
import { afterEnter } from './after-enter.js';
import { afterPaste } from './after-paste.js';
import { beforePaste, lingeringMs } from './before-paste.js';
import { isDraftOf } from './composer.js';
import {
  done,
  lags,
  mostLagMs,
  sizeMs,
  type DeliveryOrder,
  type Progress,
  type Sight,
  type Step,
} from './delivery.js';
import { screenState, type PaneTarget, type Screen } from './screen.js';

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
        const clearing =
          now - progress.since < lingeringMs + Math.min(progress.lagMs, mostLagMs) * lags + sizeMs(order);
        if (clearing && holds(order, profile, screen)) return { kind: 'wait' };
        return sight.arrival === 'arrived'
          ? done('delivered', 'seen in the transcript')
          : done('queued', 'the agent is busy and holds it');
      }
      return afterEnter(order, target, profile, progress, sight, now);
  }
}

const holds = ({ text }: DeliveryOrder, profile: RuntimeProfile, screen: Screen | null): boolean =>
  screen !== null && isDraftOf(screenState(profile, screen).composer, text, profile.collapsed);
