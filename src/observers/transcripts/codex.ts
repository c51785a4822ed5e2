import * as path from 'node:path';
import { saidOnce } from './lines.js';
import type { LineTranscript } from './transcript.js';

/**
 * codex 0.169: one `history.jsonl` for all conversations of a CODEX_HOME, written when a message is taken, busy or not, with
 * the conversation's id. Its own id is that of the lock file some process of the pane's tree holds open.
 */
export const codex: LineTranscript = {
  files: ({ environment, openFiles }) => {
    const root = environment['CODEX_HOME'] ?? `${environment['HOME'] ?? ''}/.codex`;
    return { paths: [`${root}/history.jsonl`], own: ids(openFiles).length > 0, late: false };
  },
  said: (entry, { openFiles }) => {
    const own = ids(openFiles);
    const { session_id: id, text } = entry;
    if (own.length > 0 && typeof id === 'string' && !own.includes(id)) return [];
    return typeof text === 'string' ? saidOnce(text) : [];
  },
};

const ids = (openFiles: readonly string[]): readonly string[] =>
  openFiles
    .filter((file) => file.includes('/thread-writer-locks/'))
    .map((file) => path.basename(file, '.lock'));
