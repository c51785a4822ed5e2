import * as fs from 'node:fs';
import type { Arrival, TranscriptPosition } from '../../controller/transcript.js';
import { errorCode } from '../../host/error-code.js';
import { readRegular } from '../../host/regular-file.js';
import type { Said } from './transcript.js';

/** So many files are looked into; conversations pile up in a runtime's directory. */
export const mostFiles = 32;
/** So much is read of one file: a message may have a megabyte, and JSON may write six characters for one. */
const mostBytes = 16 * 1024 * 1024;
const mostRecordBytes = 1024 * 1024;

/** The files written last, at most 32. */
export function newestFiles(paths: readonly string[], most = mostFiles): readonly string[] {
  if (paths.length <= most) return paths;
  return paths
    .map((path) => ({ path, at: writtenAt(path) ?? 0 }))
    .toSorted((a, b) => b.at - a.at)
    .slice(0, most)
    .map(({ path }) => path);
}

export const sizesOf = (paths: readonly string[]): TranscriptPosition => ({
  files: paths.map((path) => ({ path, size: statOf(path)?.size ?? 0 })),
});

/** Epoch milliseconds; null: there is no such file, or it cannot be told. */
export const writtenAt = (path: string): number | null => statOf(path)?.mtimeMs ?? null;

const statOf = (path: string): fs.Stats | undefined => {
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() === true ? stat : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Whether exactly this text was said in any of the files since a position; of an addressed one also along with others, as gemini
 * says all that it held in one piece. A line that is torn or no JSON is passed over;
 * a file that has become shorter was written anew and is read from its start. What others said before with the same words is theirs.
 */
export function arrivalInLines(
  paths: readonly string[],
  since: TranscriptPosition,
  text: string,
  addressed: boolean,
  said: (entry: Readonly<Record<string, unknown>>) => readonly Said[],
): Arrival {
  const wanted = normalized(text);
  // A runtime may write one message down in two kinds of records.
  const times = new Map<string, { readonly alone: number; readonly all: number }>();
  const { ahead = 0, within = 0 } = since;
  let queued = false;
  let unread = false;
  for (const path of paths) {
    const added = readAdded(path, since.files.find((file) => file.path === path)?.size ?? 0);
    if (added === null) unread = true;
    for (const line of (added ?? '').split('\n')) {
      const entry = parsed(line);
      if (entry === null) continue;
      for (const one of said(entry)) {
        const heard = normalized(one.text);
        const alone = heard === wanted ? 1 : 0;
        const often = alone === 1 ? 1 : addressed ? timesIn(heard, wanted) : 0;
        if (often === 0) continue;
        queued ||= one.queued;
        if (one.queued) continue;
        const kind = kindOf(entry);
        const before = times.get(kind) ?? { alone: 0, all: 0 };
        const soFar = { alone: before.alone + alone, all: before.all + often };
        // What stands in others that say more may be theirs; by itself it is not.
        if (soFar.alone > ahead || soFar.all > ahead + within) return 'arrived';
        times.set(kind, soFar);
      }
    }
  }
  return queued ? 'queued' : unread ? 'unknown' : 'absent';
}

/** How often the words of a message stand in another one, that says more: found in a transcript, these are not its own. */
export const timesWithin = (other: string, text: string): number =>
  timesIn(normalized(other), normalized(text));

export const isSame = (one: string, other: string): boolean => normalized(one) === normalized(other);

/** How often these lines stand in that text. */
function timesIn(text: string, lines: string): number {
  if (!text.includes(lines)) return 0;
  // The line end between two of them belongs to both.
  const apart = (part: string): string => `\n${part.replaceAll('\n', '\n\n')}\n`;
  return apart(text).split(apart(lines)).length - 1;
}

const kindOf = ({ type, payload }: Readonly<Record<string, unknown>>): string =>
  [type, isRecord(payload) ? payload['type'] : null].filter((part) => typeof part === 'string').join('/');

/**
 * Runtimes trim what they take, pi and claude write four spaces for a tab, and line ends arrive as any of the three, or for those of
 * Unicode (by number, as in composer.ts). claude 2.1.332 composes letters and their accents, and leaves out what is not drawn, a soft
 * hyphen or the mark of a direction for one; gemini 0.61 leaves out some of that.
 */
const normalized = (text: string): string =>
  text
    .replace(/\r\n?|[\u2028\u2029]/gu, '\n')
    .replace(/\p{Cf}/gu, '')
    .replaceAll('\t', '    ')
    .normalize('NFC')
    .trim();

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
  const end = readRegular(path, (size) => Math.max(0, size - bytes), bytes);
  return (end?.toString('utf8') ?? '').split('\n').flatMap((line) => {
    const entry = parsed(line);
    return entry === null ? [] : [entry];
  });
}

/** null: it cannot be read, or too much was added to be read. A file that is not there has nothing in it. */
function readAdded(path: string, from: number): string | null {
  const added = readRegular(path, (size) => (size < from ? 0 : from), mostBytes);
  return added?.toString('utf8') ?? (isThere(path) ? null : '');
}

/** What cannot be looked at may be. */
function isThere(path: string): boolean {
  try {
    fs.statSync(path);
    return true;
  } catch (error) {
    return !isAbsent(error);
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
  return parsed(readRegular(file, () => 0, mostRecordBytes)?.toString('utf8') ?? '');
}

/** Epoch milliseconds of a moment that somebody else has written down; NaN: it is none. (As text, an object may throw.) */
export const momentOf = (value: unknown): number => (typeof value === 'string' ? Date.parse(value) : NaN);

/** A JSON file that is a list; null where it is none, or too large. */
export function readList(file: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(readRegular(file, () => 0, mostBytes)?.toString('utf8') ?? '');
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** What directories hold. */
export interface Listing {
  readonly paths: readonly string[];
  /** One of them could not be read: what is not listed may be there. */
  readonly unread: boolean;
}

/** Files in a directory whose name ends so. */
export const listFiles = (directory: string, end: string): Listing =>
  list(directory, ({ name }) => name.endsWith(end));

export const listDirectories = (directory: string): Listing =>
  list(directory, (entry) => entry.isDirectory());

/** What is in each of the paths that are listed. */
export function listEach(listing: Listing, each: (path: string) => Listing): Listing {
  const lists = listing.paths.map(each);
  return {
    paths: lists.flatMap(({ paths }) => paths),
    unread: listing.unread || lists.some(({ unread }) => unread),
  };
}

function list(directory: string, wanted: (entry: fs.Dirent) => boolean): Listing {
  try {
    const entries = fs.readdirSync(directory, { withFileTypes: true }).filter(wanted);
    return { paths: entries.map(({ name }) => `${directory}/${name}`), unread: false };
  } catch (error) {
    return { paths: [], unread: !isAbsent(error) };
  }
}

const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error));

/** Files in a directory whose name ends so; none where it cannot be read. */
export const filesIn = (directory: string, end: string): readonly string[] => listFiles(directory, end).paths;

export const directoriesIn = (directory: string): readonly string[] => listDirectories(directory).paths;

export const saidOnce = (text: string | null, queued = false): readonly Said[] =>
  text === null ? [] : [{ text, queued }];
