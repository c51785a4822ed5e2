import type { RefusalReason } from './delivery.js';
import type { PaneTarget, Screen } from './screen.js';

export const gone = ['its pane is gone', 'Dead'] as const;

/** What forbids any key, whatever the runtime shows. */
export function barrier(target: PaneTarget, screen: Screen | null): readonly [string, RefusalReason] | null {
  if (screen === null) return gone;
  if (screen.dead) return ['its process has ended', 'Dead'];
  if (screen.pid !== target.pid) return ['another process runs in its pane', 'Foreign'];
  if (screen.inMode) return ['somebody is in copy mode there; leave it with q', 'CopyMode'];
  if (screen.inputOff)
    return [
      'input to its pane is switched off (select-pane -d) or goes to those beside it, too (synchronize-panes)',
      'CopyMode',
    ];
  return null;
}

/** What was typed is out of reach: nobody is there any more, or somebody else. */
export const isLost = (barred: ReturnType<typeof barrier>): boolean =>
  barred !== null && (barred[1] === 'Dead' || barred[1] === 'Foreign');

/** Nobody but a human answers it. */
export const dialogWaits = (agent: string): string =>
  `a dialog waits for a human; look with: fleet agent attach ${agent}`;
