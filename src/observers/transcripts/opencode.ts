import type { Arrival, TranscriptPosition } from '../../controller/transcript.js';
import { readRegular } from '../../host/regular-file.js';
import { rootIn, type ProcessFacts } from '../process-facts.js';

/** The end of the database's log is read: pages of what was written last. */
const mostBytes = 16 * 1024 * 1024;
/** Ends of a text that are looked for: a longer piece would lie across pages. */
const pieceBytes = 120;

/** opencode 1.18: SQLite, with everything new in its write-ahead log first. */
export const databases = ({ environment }: ProcessFacts): readonly string[] => {
  const data = rootIn(environment, 'XDG_DATA_HOME', '.local/share');
  return [`${data}/opencode/opencode.db-wal`];
};

/** The database of a log. */
export const withoutLog = (log: string): string => log.replace(/-wal$/, '');

/**
 * Whether beginning and end of the text, as JSON writes them, were written since. What is not found may
 * lie across two pages, or in a log that was begun anew.
 */
export function arrivalInDatabase(
  paths: readonly string[],
  since: TranscriptPosition,
  text: string,
): Arrival {
  const json = JSON.stringify(text.trim()).slice(1, -1);
  const bytes = Buffer.from(json);
  const pieces = [bytes.subarray(0, pieceBytes), bytes.subarray(-pieceBytes)];
  for (const path of paths) {
    const added = readAdded(path, since.files.find((file) => file.path === path)?.size ?? 0);
    if (added !== null && pieces.every((piece) => added.includes(piece))) return 'arrived';
  }
  return 'unknown';
}

function readAdded(path: string, from: number): Buffer | null {
  const added = { any: false };
  const bytes = readRegular(
    path,
    (size) => {
      // Not longer: written from the front again, over what was said before; what stands there may be old.
      added.any = size > from;
      return added.any ? Math.max(from, size - mostBytes) : size;
    },
    mostBytes,
  );
  return added.any ? bytes : null;
}
