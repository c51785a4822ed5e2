import * as fs from 'node:fs';
import * as path from 'node:path';
import { openRegular } from '../host/regular-file.js';
import { startedAtOf } from '../host/process.js';
import { environmentOf, rootIn } from './process-facts.js';
import {
  contentText,
  directoriesIn,
  entriesAtEnd,
  filesIn,
  isRecord,
  momentOf,
  readList,
  writtenAt,
} from './transcripts/lines.js';

/** From the word that ends a conversation until the next one's file is begun, milliseconds; 0.1 s was measured. */
const soonMs = 2000;
/** So much of a first line is read, and of a file. */
const mostHead = 4096;
const mostBytes = 16 * 1024 * 1024;
/** So many chats' first lines are looked at, and so many of one moment looked into. */
const mostChats = 256;
const mostBegun = 32;
/** A file's time may be so much behind the clock. */
const tickMs = 100;
/** What keeps, lists or removes checkpoints leads nowhere else. */
const leads = /^\/((clear|new)\b|(resume|chat)\b(?!\s+(list|save|delete|share)\b))/;

/**
 * The conversation in which a running gemini 0.61 is since its human typed `/clear` or `/new`; null: it is not known to have been
 * typed, or which one it began.
 *
 * `logs.json` of its project holds what was typed into each process, by the conversation it was started in. A new
 * conversation's file is begun at once; of several begun in that moment it is the one that holds what was typed next.
 *
 * @param others conversations that are surely not it
 * @param now epoch milliseconds
 */
export function begunInGemini(
  pid: number,
  started: string,
  others: ReadonlySet<string>,
  now: number,
): string | null {
  const from = startedAtOf(pid);
  const project = projectOf(pid, started);
  if (from === null || project === null) return null;
  const typed = (readList(`${project}/logs.json`) ?? []).flatMap((entry): readonly Typed[] => {
    if (!isRecord(entry) || entry['sessionId'] !== started || typeof entry['message'] !== 'string') return [];
    const at = momentOf(entry['timestamp']);
    return at >= from ? [{ at, text: entry['message'].trim() }] : [];
  });
  const last = typed.findLastIndex(({ text }) => leads.test(text));
  const left = typed[last];
  // Into which one it went back is not told.
  if (left === undefined || !/^\/(clear|new)\b/.test(left.text)) return null;
  const begun = begunSince(project, left.at).filter(({ id }) => !others.has(id));
  const next = typed.slice(last + 1).find(({ text }) => !text.startsWith('/'));
  const holding = next === undefined ? [] : begun.filter(({ file }) => holds(file, next.text));
  // Until then its own may be missing, and the one that is there another process's.
  const alone = begun.length === 1 && now > left.at + soonMs;
  const [found] = holding.length === 1 ? holding : alone ? begun : [];
  return found?.id ?? null;
}

/** Chats that were begun soon after a moment; none where there are too many to be sure. */
function begunSince(
  project: string,
  from: number,
): readonly { readonly file: string; readonly id: string }[] {
  const files = filesIn(`${project}/chats`, '.jsonl').filter(
    (file) => (writtenAt(file) ?? 0) >= from - tickMs,
  );
  // One that is left out could be the one.
  if (files.length > mostChats) return [];
  const begun = files.flatMap((file) => {
    const chat = chatOf(file);
    return chat !== null && chat.at >= from && chat.at <= from + soonMs ? [{ file, id: chat.id }] : [];
  });
  return begun.length > mostBegun ? [] : begun;
}

interface Typed {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

/** The directory in which gemini keeps what it knows of this conversation's project. */
function projectOf(pid: number, id: string): string | null {
  const root = `${rootIn(environmentOf(pid), 'GEMINI_CLI_HOME', '')}/.gemini/tmp`;
  const name = `-${id.slice(0, 8)}.jsonl`;
  return directoriesIn(root).find((directory) => filesIn(`${directory}/chats`, name).length > 0) ?? null;
}

/** Whose a chat is, and when it was begun: its first line. */
function chatOf(file: string): { readonly id: string; readonly at: number } | null {
  try {
    const handle = openRegular(file);
    try {
      const bytes = Buffer.alloc(mostHead);
      const [line = ''] = bytes
        .subarray(0, fs.readSync(handle, bytes, 0, mostHead, 0))
        .toString('utf8')
        .split('\n');
      const head: unknown = JSON.parse(line);
      if (!isRecord(head) || typeof head['sessionId'] !== 'string') return null;
      const id = head['sessionId'];
      const own = /^[0-9A-Za-z-]+$/.test(id) && path.basename(file).endsWith(`-${id.slice(0, 8)}.jsonl`);
      return own ? { id, at: momentOf(head['startTime']) } : null;
    } finally {
      fs.closeSync(handle);
    }
  } catch {
    return null;
  }
}

const holds = (file: string, text: string): boolean =>
  entriesAtEnd(file, mostBytes).some(
    (entry) => entry['type'] === 'user' && contentText(entry['content'])?.trim() === text,
  );
