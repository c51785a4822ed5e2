import * as fs from 'node:fs';
import { startedAtOf } from '../host/process.js';
import type { TranscriptKind } from '../roster/profile.js';
import { transcriptOf } from './transcripts/transcript.js';

/** Clocks of files and of processes differ by less. */
const slackMs = 1000;

/**
 * Whether a runtime's transcripts, where this process would write them, were written since it started. It may have been a
 * neighbour of the same directory; that none was says for certain that nothing was said to this one.
 *
 * @param pid of the agent's own pane
 */
export function leftTraces(kind: TranscriptKind, pid: number): boolean {
  const started = startedAtOf(pid);
  if (kind === 'none' || started === null) return true;
  return transcriptOf(kind, pid)
    .position()
    .files.some(({ path }) => writtenAt(path) >= started - slackMs);
}

/** Epoch milliseconds; a file that is not there was never written, one that cannot be read may have been just now. */
function writtenAt(path: string): number {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
