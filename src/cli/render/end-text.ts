import type { LastEnd } from '../../controller/observed.js';
import { endedOnResume } from '../../controller/soon-ended.js';
import { visible } from '../../roster/visible.js';

/** How a process ended, in an operator's words. */
export function endText(end: LastEnd): string {
  const resuming = endedOnResume(end) ? ', just after it was to resume its conversation' : '';
  return `${howText(end)}${resuming}`;
}

function howText({ reason, status, signal }: LastEnd): string {
  switch (reason) {
    case 'exited':
      return `exited with status ${status ?? 'unknown'}`;
    case 'signaled':
      return `killed by signal ${visible(signal ?? 'unknown')}`;
    case 'killed-session':
      return 'its session was killed';
    case 'server-gone':
      return 'its tmux server died';
    case 'agent-run-killed':
      return 'its agent-run.sh was killed, which ends its unit';
    case 'agent-run-ended':
      return 'its agent-run.sh ended without a word, which ends its unit; the journal may know why';
    case 'start-failed':
      return status === null ? 'could not be started' : `could not be started, status ${status}`;
    default:
      return reason.startsWith('unit-')
        ? `systemd ended its unit: ${visible(reason.slice('unit-'.length))}`
        : visible(reason);
  }
}
