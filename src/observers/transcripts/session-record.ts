import { startTimeOf } from '../../host/process.js';
import { readRecord } from './lines.js';

/**
 * The conversation that a process says to be in: claude 2.1 and the demo agent write `sessions/<pid>.json`, with `procStart`, the
 * kernel's start time. What a power cut left is another process's, with the same number.
 *
 * @param root the runtime's own directory
 * @returns its id; null: that process says none
 */
export function sessionIn(root: string, pid: number): string | null {
  const record = readRecord(`${root}/sessions/${pid}.json`);
  const begun = record?.['procStart'];
  // Anything may stand there; an object may throw where it is made text.
  if (record === null || (typeof begun !== 'string' && typeof begun !== 'number')) return null;
  if (String(begun) !== startTimeOf(pid)) return null;
  const id = record['sessionId'];
  return typeof id === 'string' && /^[0-9A-Za-z-]+$/.test(id) ? id : null;
}
