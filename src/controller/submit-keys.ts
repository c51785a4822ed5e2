import type { RuntimeProfile } from '../roster/profile.js';
import { shows, type Activity, type Screen } from './screen.js';

/** What submits the composer now; null: nothing that could not be taken for a dialog's answer. */
export function submitKeys(
  { submitBusy, submitBusyMost: most, unasking }: RuntimeProfile,
  text: string,
  screen: Screen,
  activity: Activity,
): readonly string[] | null {
  if (activity !== 'busy' || shows(unasking, screen)) return ['Enter'];
  const long = most !== null && (text.length > most.characters || text.split('\n').length > most.lines);
  return submitBusy.length === 0 || long ? null : submitBusy;
}
