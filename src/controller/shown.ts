import type { RuntimeProfile } from '../roster/profile.js';
import { squeezed } from './composer.js';
import { screenState, type Screen } from './screen.js';

/** How often beginning or end of a text stand on the screen; what is in the composer counts only where it cannot be told. */
function timesShown(text: string, profile: RuntimeProfile, screen: Screen): number {
  const squeezedText = squeezed(text);
  const state = screenState(profile, screen);
  const whole = squeezed(screen.lines.map((line) => line.text).join(''));
  const inComposer = state.composer.kind === 'draft' ? squeezed(state.composer.text) : '';
  const count = (part: string): number => occurrences(whole, part) - occurrences(inComposer, part);
  return Math.max(count(squeezedText.slice(0, 60)), count(squeezedText.slice(-60)));
}

/**
 * What grows where a text is taken: how often it shows, and of a program of which no composer is known, what stands below it, as a
 * shell's next prompt does.
 */
export function traces(text: string, profile: RuntimeProfile, screen: Screen): number {
  const shown = timesShown(text, profile, screen);
  return profile.composer.kind === 'none' ? shown * perShown + linesBelow(text, screen) : shown;
}

/** More than a screen has lines. */
const perShown = 100_000;

/**
 * Whether it was taken since it left so many traces: there are more; or what showed the text has gone on, below it or past it. What
 * scrolls may take what showed the same text before.
 */
export function hasGoneOn(text: string, profile: RuntimeProfile, screen: Screen, before: number): boolean {
  const now = traces(text, profile, screen);
  if (now > before) return true;
  if (profile.composer.kind !== 'none' || before < perShown) return false;
  return now < perShown || now % perShown > before % perShown;
}

/** Lines with something on them below the one on which the text ends. */
function linesBelow(text: string, screen: Screen): number {
  const part = squeezed(text).slice(-60);
  const lines = screen.lines.map((line) => squeezed(line.text));
  const all = occurrences(lines.join(''), part);
  if (all === 0) return 0;
  const end = lines.findIndex((_, index) => occurrences(lines.slice(0, index + 1).join(''), part) === all);
  return lines.slice(end + 1).filter((line) => line !== '').length;
}

const occurrences = (text: string, part: string): number => (part === '' ? 0 : text.split(part).length - 1);
