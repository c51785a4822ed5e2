import * as fs from 'node:fs';
import * as path from 'node:path';
import { openRegular } from '../host/regular-file.js';
import { startedAtOf } from '../host/process.js';
import { environmentOf } from './process-facts.js';
import {
  contentText,
  directoriesIn,
  entriesAtEnd,
  filesIn,
  isRecord,
  newestFiles,
  readList,
} from './transcripts/lines.js';

/** From the word that ends a conversation until the next one's file is begun, milliseconds; 0.1 s was measured. */
const soonMs = 2000;
/** So much of a first line is read, and of a file. */
const mostHead = 4096;
const mostBytes = 16 * 1024 * 1024;

/**
 * The conversation in which a running gemini 0.61 is since its human typed `/clear` or `/new`; null: it is not known to have been
 * typed, or which one it began.
 *
 * `logs.json` of its project holds what was typed into each process, by the conversation it was started in. A new
 * conversation's file is begun at once; of several begun in that moment it is the one that holds what was typed next.
 */
export function begunInGemini(pid: number, started: string): string | null {
  const from = startedAtOf(pid);
  const project = projectOf(pid, started);
  if (from === null || project === null) return null;
  const typed = (readList(`${project}/logs.json`) ?? []).flatMap((entry): readonly Typed[] => {
    if (!isRecord(entry) || entry['sessionId'] !== started || typeof entry['message'] !== 'string') return [];
    const at = Date.parse(String(entry['timestamp']));
    return at >= from ? [{ at, text: entry['message'].trim() }] : [];
  });
  const last = typed.findLastIndex(({ text }) => /^\/(clear|new|resume|chat)\b/.test(text));
  const left = typed[last];
  // Into which one it went back is not told.
  if (left === undefined || !/^\/(clear|new)\b/.test(left.text)) return null;
  const begun = newestFiles(filesIn(`${project}/chats`, '.jsonl')).flatMap((file) => {
    const chat = chatOf(file);
    return chat !== null && chat.at >= left.at && chat.at <= left.at + soonMs ? [{ file, id: chat.id }] : [];
  });
  if (begun.length < 2) return begun[0]?.id ?? null;
  const next = typed.slice(last + 1).find(({ text }) => !text.startsWith('/'));
  const holding = next === undefined ? [] : begun.filter(({ file }) => holds(file, next.text));
  return holding.length === 1 ? (holding[0]?.id ?? null) : null;
}

interface Typed {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

/** The directory in which gemini keeps what it knows of this conversation's project. */
function projectOf(pid: number, id: string): string | null {
  const environment = environmentOf(pid);
  const root = `${environment['GEMINI_CLI_HOME'] ?? environment['HOME'] ?? ''}/.gemini/tmp`;
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
      return own ? { id, at: Date.parse(String(head['startTime'])) } : null;
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
