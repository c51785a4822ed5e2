import type { RuntimeProfile } from '../roster/profile.js';
import type { Activity } from './screen.js';

/** What submits the composer now; null: nothing that could not be taken for a dialog's answer. */
export function submitKeys(
  { submitBusy, submitBusyMost: most }: RuntimeProfile,
  text: string,
  activity: Activity,
): readonly string[] | null {
  if (activity !== 'busy') return ['Enter'];
  const long = most !== null && (text.length > most.characters || text.split('\n').length > most.lines);
  return submitBusy.length === 0 || long ? null : submitBusy;
}
