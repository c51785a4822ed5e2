import * as fs from 'node:fs';
import * as path from 'node:path';
import { openRegular } from '../host/regular-file.js';
import { daysOf } from './codex-days.js';
import { filesHeldOpen } from './process-facts.js';
import { filesIn, isRecord, writtenAt } from './transcripts/lines.js';

/** So much of a first line is read: it holds the model's instructions. */
const mostHead = 1024 * 1024;

/** A thread that a process writes to. */
export interface Thread {
  readonly id: string;
  /** `$CODEX_HOME` */
  readonly root: string;
}

/**
 * The thread that a codex 0.169 is in: it holds `thread-writer-locks/<id>.lock` open, before any message. It keeps the locks of
 * those that its human has left, and may come back to: what was written last counts. And those of sub-agents, which are its
 * own doing: the first line of a thread's file tells.
 *
 * @returns undefined: the process holds none; null: which one it is cannot be told
 */
export function threadOf(pid: number): string | null | undefined {
  // Ids are UUIDs of version 7, which begin with their time.
  const threads = locksOf(pid).toSorted((a, b) => (a.id < b.id ? 1 : -1));
  if (threads.length < 2) return threads[0]?.id;
  const written = threads
    .flatMap((thread) => {
      const file = fileOf(thread);
      const at = file === null ? null : writtenAt(file);
      return file === null || at === null ? [] : [{ id: thread.id, file, at }];
    })
    .toSorted((a, b) => b.at - a.at);
  // A file is begun with the first message; that of a sub-agent, with its task.
  if (written.length === 0) return threads[0]?.id;
  for (const { id, file } of written) {
    const meta = metaOf(file);
    if (meta === null) return null;
    if (typeof meta['parent_thread_id'] !== 'string' && !isRecord(meta['source'])) return id;
  }
  return null;
}

const locksOf = (pid: number): readonly Thread[] => threadsIn(filesHeldOpen(pid));

/** The threads whose locks are among files that are held open. */
export const threadsIn = (openFiles: readonly string[]): readonly Thread[] =>
  [...new Set(openFiles)].flatMap((file) => {
    const [, root, id] = /^(.*)\/thread-writer-locks\/([0-9A-Za-z-]+)\.lock$/.exec(file) ?? [];
    return root === undefined || id === undefined ? [] : [{ root, id }];
  });

/** `sessions/YEAR/MONTH/DAY/rollout-<time>-<id>.jsonl`; null: there is none yet. */
export function fileOf({ root, id }: Thread): string | null {
  for (const day of daysOf(id, Date.now())) {
    const files = filesIn(`${root}/sessions/${day}`, `-${id}.jsonl`);
    const file = files.find((one) => path.basename(one).startsWith('rollout-'));
    if (file !== undefined) return file;
  }
  return null;
}

/** What a thread's file says of it in its first line; null: nothing that can be read. */
function metaOf(file: string): Readonly<Record<string, unknown>> | null {
  try {
    const handle = openRegular(file);
    try {
      const bytes = Buffer.alloc(Math.min(mostHead, fs.fstatSync(handle).size));
      const text = bytes.subarray(0, fs.readSync(handle, bytes, 0, bytes.length, 0)).toString('utf8');
      const head: unknown = JSON.parse(text.slice(0, text.indexOf('\n')));
      return isRecord(head) && head['type'] === 'session_meta' && isRecord(head['payload'])
        ? head['payload']
        : null;
    } finally {
      fs.closeSync(handle);
    }
  } catch {
    return null;
  }
}
