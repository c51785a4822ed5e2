import type { RuntimeProfile } from '../roster/profile.js';
import { squeezed } from './composer.js';
import { screenState, type Screen } from './screen.js';

/** How often beginning or end of a text stand on the screen; what is in the composer counts only where it cannot be told. */
export function timesShown(text: string, profile: RuntimeProfile, screen: Screen): number {
  const squeezedText = squeezed(text);
  const state = screenState(profile, screen);
  const whole = squeezed(screen.lines.map((line) => line.text).join(''));
  const inComposer = state.composer.kind === 'draft' ? squeezed(state.composer.text) : '';
  const count = (part: string): number => occurrences(whole, part) - occurrences(inComposer, part);
  return Math.max(count(squeezedText.slice(0, 60)), count(squeezedText.slice(-60)));
}

const occurrences = (text: string, part: string): number => (part === '' ? 0 : text.split(part).length - 1);
