import type { LoggedEvent } from '../../observers/event-log.js';
import { visible } from '../../roster/visible.js';

/** One event on one line: when, what, whom, why. */
export function eventText({ time, type, agent, details }: LoggedEvent): string {
  const { action, message, reasons, revision, cost, costMessage, count, since, lastLines } = details;
  // Earlier versions wrote the words to where the kind stands now.
  const costs = costMessage ?? cost;
  const parts = [
    typeof action === 'string' ? action : null,
    Array.isArray(reasons) ? reasons.map(String).join('; ') : null,
    typeof message === 'string' ? message.split('\n')[0] : null,
    typeof costs === 'string' && costs.startsWith('LOSES') ? costs : null,
    typeof revision === 'string' ? `revision ${revision.slice(0, 7)}` : null,
    Array.isArray(lastLines) && lastLines.length > 0 ? `last line: ${String(lastLines.at(-1))}` : null,
    typeof count === 'number'
      ? `(${count} times${typeof since === 'string' ? ` since ${instant(since)}` : ''})`
      : null,
  ].filter((part) => part !== null && part !== undefined && part !== '');
  return visible(
    `${instant(time)}  ${type.padEnd(15)}  ${(agent ?? '').padEnd(12)}  ${parts.join('  ')}`.trimEnd(),
  );
}

const instant = (time: string): string => time.replace('T', ' ').replace(/\.[0-9]+Z$/, 'Z');
