import * as fs from 'node:fs';
import type { Arrival, TranscriptPosition } from '../../controller/transcript.js';
import type { Said } from './transcript.js';

/** So many files are looked into; conversations pile up in a runtime's directory. */
const mostFiles = 32;
/** So much is read of one file: a message may have a megabyte, and JSON may write six characters for one. */
const mostBytes = 16 * 1024 * 1024;

/** The files written last, at most 32. */
export function newestFiles(paths: readonly string[], most = mostFiles): readonly string[] {
  if (paths.length <= most) return paths;
  return paths
    .map((path) => ({ path, at: statOf(path)?.mtimeMs ?? 0 }))
    .toSorted((a, b) => b.at - a.at)
    .slice(0, most)
    .map(({ path }) => path);
}

export const sizesOf = (paths: readonly string[]): TranscriptPosition => ({
  files: paths.map((path) => ({ path, size: statOf(path)?.size ?? 0 })),
});

const statOf = (path: string): fs.Stats | undefined => {
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() === true ? stat : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Whether exactly this text was said in any of the files since a position. A line that is torn or no JSON is passed over;
 * a file that has become shorter was written anew and is read from its start.
 */
export function arrivalInLines(
  paths: readonly string[],
  since: TranscriptPosition,
  text: string,
  said: (entry: Readonly<Record<string, unknown>>) => readonly Said[],
): Arrival {
  const wanted = normalized(text);
  let queued = false;
  let unread = false;
  for (const path of paths) {
    const added = readAdded(path, since.files.find((file) => file.path === path)?.size ?? 0);
    if (added === null) unread = true;
    for (const line of (added ?? '').split('\n')) {
      const entry = parsed(line);
      for (const one of entry === null ? [] : said(entry)) {
        if (normalized(one.text) !== wanted) continue;
        if (!one.queued) return 'arrived';
        queued = true;
      }
    }
  }
  return queued ? 'queued' : unread ? 'unknown' : 'absent';
}

/** Runtimes trim what they take, pi and claude write four spaces for a tab, and line ends arrive as any of the three. */
const normalized = (text: string): string => text.replace(/\r\n?/g, '\n').replaceAll('\t', '    ').trim();

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  if (line === '') return null;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** The last entries of a file, as far as they lie in its last bytes. */
export function entriesAtEnd(path: string, bytes: number): readonly Readonly<Record<string, unknown>>[] {
  const size = statOf(path)?.size ?? 0;
  return (readAdded(path, Math.max(0, size - bytes)) ?? '').split('\n').flatMap((line) => {
    const entry = parsed(line);
    return entry === null ? [] : [entry];
  });
}

/** null: it cannot be read, or too much was added to be read. A file that is not there has nothing in it. */
function readAdded(path: string, from: number): string | null {
  const size = statOf(path)?.size;
  if (size === undefined) return fs.existsSync(path) ? null : '';
  const start = size < from ? 0 : from;
  if (size - start > mostBytes) return null;
  try {
    const handle = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const bytes = Buffer.alloc(size - start);
      const read = fs.readSync(handle, bytes, 0, bytes.length, start);
      return bytes.toString('utf8', 0, read);
    } finally {
      fs.closeSync(handle);
    }
  } catch {
    return null;
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A message's content: text, or a list of parts with text in them. */
export function contentText(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  const parts: readonly unknown[] = content;
  const texts = parts.flatMap((part) =>
    isRecord(part) && typeof part['text'] === 'string' ? [part['text']] : [],
  );
  return texts.length === 0 ? null : texts.join('');
}

/** A small JSON file of a runtime's own; null where it is none. */
export function readRecord(file: string): Readonly<Record<string, unknown>> | null {
  try {
    return parsed(fs.readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** Files in a directory whose name ends so; none where it cannot be read. */
export function filesIn(directory: string, end: string): readonly string[] {
  try {
    return fs
      .readdirSync(directory)
      .filter((name) => name.endsWith(end))
      .map((name) => `${directory}/${name}`);
  } catch {
    return [];
  }
}

export function directoriesIn(directory: string): readonly string[] {
  try {
    return fs
      .readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${directory}/${name}`);
  } catch {
    return [];
  }
}

export const saidOnce = (text: string | null, queued = false): readonly Said[] =>
  text === null ? [] : [{ text, queued }];
