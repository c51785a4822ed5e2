import type { World } from './assess.js';
import { isOurs } from './situation.js';

/**
 * How long ago the newest session that a start of ours created was created, milliseconds; Infinity where there is none.
 * A controller that has just begun keeps `start_spacing` after what an earlier one started. Asked once: later it knows by
 * a clock that no one sets.
 *
 * @param now epoch milliseconds
 */
export function sinceNewestStart({ observed: { tmux }, home }: World, now: number): number {
  const sessions = (tmux.known ? tmux.value : null)?.sessions ?? [];
  // tmux counts whole seconds: it may have been at the end of that one.
  const ages = sessions
    .filter(({ marks }) => isOurs(marks, home) && marks.unit !== null)
    .map(({ createdAt }) => Math.max(0, now - (createdAt + 1) * 1000));
  return Math.min(Infinity, ...ages);
}
