import * as fs from 'node:fs';
import type { Environment } from './paths.js';

/**
 * Whether what is written to a file descriptor goes to the journal, which then reads `<N>` at the begin of a line as its
 * priority. JOURNAL_STREAM names the device and inode of what systemd connected (systemd.exec(5)). It is inherited by
 * everything that a unit starts, a shell with its output elsewhere included, so its presence alone proves nothing.
 */
export function goesToJournal(fd: number, env: Environment): boolean {
  const stream = env['JOURNAL_STREAM'] ?? '';
  if (stream === '') return false;
  try {
    const { dev, ino } = fs.fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
