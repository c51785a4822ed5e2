import * as fs from 'node:fs';
import { startedAtOf } from '../host/process.js';
import type { TranscriptKind } from '../roster/profile.js';
import { transcriptOf } from './transcripts/transcript.js';

/** Clocks of files and of processes differ by less. */
const slackMs = 1000;

/**
 * Whether a runtime's transcripts, where this process would write them, were written since it started, or fleet delivered it
 * a message, or may have been for all that can be read. A transcript may be that of a neighbour in the same directory.
 *
 * @param pid of the agent's own pane
 * @param accepted the file that fleet writes when a message was delivered
 */
export function leftTraces(kind: TranscriptKind, pid: number, accepted: string): boolean {
  const started = startedAtOf(pid);
  if (kind === 'none' || started === null) return true;
  const { paths, unread } = transcriptOf(kind, pid).files();
  return unread || [accepted, ...paths].some((file) => writtenAt(file) >= started - slackMs);
}

/** Epoch milliseconds; a file that is not there was never written, one that cannot be read may have been just now. */
function writtenAt(path: string): number {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
