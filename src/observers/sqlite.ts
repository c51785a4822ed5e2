import * as fs from 'node:fs';
import { errorCode } from '../host/error-code.js';
import { openRegular } from '../host/regular-file.js';
import { bytesAt, committedPages } from './sqlite-log.js';
import { firstColumn, payloadOf, varint, type Cell } from './sqlite-record.js';

/** Kinds of pages of a b-tree. */
const INDEX_INTERIOR = 2;
const TABLE_INTERIOR = 5;
const INDEX_LEAF = 10;
const TABLE_LEAF = 13;

/** No tree of SQLite's is deeper; a page that leads back to itself would be. */
const deepest = 24;
/** No answer needs more of its pages, in bytes; a damaged file may lead in circles, and all of it may have to be kept. */
const mostBytes = 80 * 1024 * 1024;
/** So often a database is read anew that is written to meanwhile. */
const attempts = 4;

/** A database in one moment. Whatever is not as its format says (SQLite 3, WAL or rollback journal, UTF-8) throws. */
export interface Snapshot {
  readonly pageSize: number;
  /** Of a page, what is no reserved space, bytes. */
  readonly usable: number;
  readonly page: (number: number) => Buffer;
}

/**
 * Reads a database that its owner goes on writing to, without a lock, for none of ours may ever make it wait: where it was
 * written to meanwhile, it is read anew.
 *
 * @returns null: it is not there, cannot be read, or is written to all the time
 */
export function readDatabase<Answer>(path: string, read: (snapshot: Snapshot) => Answer): Answer | null {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = databaseStamp(path);
    if (before === null) return null;
    let answer: Answer | null = null;
    try {
      answer = withSnapshot(path, read);
    } catch {
      // Torn, if it is another one by now; else not what it was taken for.
    }
    if (databaseStamp(path) === before) return answer;
  }
  return null;
}

/** Changes with every write to the database or its log. null: there is no database, or it cannot be told. */
export function databaseStamp(path: string): string | null {
  try {
    const [main, log] = [path, `${path}-wal`].map((file) => {
      const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
      return stat === undefined ? null : `${stat.ino}/${stat.size}/${stat.mtimeNs}`;
    });
    return main == null ? null : `${main} ${log ?? ''}`;
  } catch {
    return null;
  }
}

/** Clocks of file systems tick every few milliseconds. */
const tickMs = 100;

/** Whether the stamp of before tells all that was written: two writes may have one time. */
export const isSettled = (path: string): boolean => {
  try {
    return [path, `${path}-wal`].every(
      (file) => Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > tickMs,
    );
  } catch {
    return false;
  }
};

function withSnapshot<Answer>(path: string, read: (snapshot: Snapshot) => Answer): Answer {
  const file = openRegular(path);
  let log: number | null = null;
  try {
    log = openLog(`${path}-wal`);
    const header = bytesAt(file, 0, 100);
    if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0')
      throw new Error('not a database of SQLite 3');
    const size = header.readUInt16BE(16);
    const pageSize = size === 1 ? 65_536 : size;
    const newer = log === null ? new Map<number, number>() : committedPages(log, pageSize);
    let bytes = 0;
    const page = (number: number): Buffer => {
      // A page of no size leads nowhere as well.
      bytes += Math.max(pageSize, 512);
      if (bytes > mostBytes) throw new Error('it leads in circles');
      const inLog = newer.get(number);
      return log === null || inLog === undefined
        ? bytesAt(file, (number - 1) * pageSize, pageSize)
        : bytesAt(log, inLog, pageSize);
    };
    return read({ pageSize, usable: pageSize - (header[20] ?? 0), page });
  } finally {
    fs.closeSync(file);
    if (log !== null) fs.closeSync(log);
  }
}

/** null: there is none. What was written last may stand in one that cannot be opened, and nowhere else. */
function openLog(path: string): number | null {
  try {
    return openRegular(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

interface Page {
  readonly kind: number;
  readonly bytes: Buffer;
  /** Where its cells begin. */
  readonly cells: readonly number[];
  /** The child behind the last cell, of an interior page. */
  readonly last: number;
}

function pageOf({ page }: Snapshot, number: number): Page {
  const bytes = page(number);
  const at = number === 1 ? 100 : 0;
  const kind = bytes[at] ?? 0;
  const interior = kind === INDEX_INTERIOR || kind === TABLE_INTERIOR;
  if (!interior && kind !== INDEX_LEAF && kind !== TABLE_LEAF) throw new Error('not a page of a b-tree');
  const first = at + (interior ? 12 : 8);
  const cells = Array.from({ length: bytes.readUInt16BE(at + 3) }, (_, index) =>
    bytes.readUInt16BE(first + 2 * index),
  );
  return { kind, bytes, cells, last: interior ? bytes.readUInt32BE(at + 8) : 0 };
}

/** Every record of a table, in the order of its rows. For small ones. */
export function* recordsOf(snapshot: Snapshot, root: number, depth = 0): Generator<Buffer> {
  if (depth > deepest) throw new Error('too deep');
  const { kind, bytes, cells, last } = pageOf(snapshot, root);
  for (const at of cells) {
    if (kind === TABLE_LEAF) yield payloadOf(snapshot, tableCell(bytes, at));
    else yield* recordsOf(snapshot, bytes.readUInt32BE(at), depth + 1);
  }
  if (kind === TABLE_INTERIOR) yield* recordsOf(snapshot, last, depth + 1);
}

/** The record of one row; null: there is none. */
export function recordAt(snapshot: Snapshot, root: number, row: number): Buffer | null {
  let number = root;
  for (let depth = 0; depth <= deepest; depth += 1) {
    const { kind, bytes, cells, last } = pageOf(snapshot, number);
    if (kind === TABLE_LEAF) {
      const at = cells.find((cell) => varint(bytes, varint(bytes, cell).next).value === row);
      return at === undefined ? null : payloadOf(snapshot, tableCell(bytes, at));
    }
    const below = cells.find((cell) => varint(bytes, cell + 4).value >= row);
    number = below === undefined ? last : bytes.readUInt32BE(below);
  }
  throw new Error('too deep');
}

const tableCell = (bytes: Buffer, at: number): Cell => {
  const length = varint(bytes, at);
  return { bytes, at: varint(bytes, length.next).next, length: length.value, index: false };
};

/** Of an index whose first column is a text: the last entry whose text is `text`; null: there is none. */
export function lastEntry(snapshot: Snapshot, root: number, text: string): Buffer | null {
  const found = lastAtMost(snapshot, root, text, 0);
  return found !== null && firstColumn(found) === text ? found : null;
}

function lastAtMost(snapshot: Snapshot, number: number, text: string, depth: number): Buffer | null {
  if (depth > deepest) throw new Error('too deep');
  const { kind, bytes, cells, last } = pageOf(snapshot, number);
  const skip = kind === INDEX_INTERIOR ? 4 : 0;
  const entry = (at: number): Buffer => {
    const length = varint(bytes, at + skip);
    return payloadOf(snapshot, { bytes, at: length.next, length: length.value, index: true });
  };
  // How many of its entries come before the one that is looked for, or are it.
  let [low, high] = [0, cells.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const first = firstColumn(entry(cells[middle] ?? 0));
    if (first !== null && first <= text) low = middle + 1;
    else high = middle;
  }
  const before = low === 0 ? null : entry(cells[low - 1] ?? 0);
  if (kind === INDEX_LEAF) return before;
  const child = cells[low] === undefined ? last : bytes.readUInt32BE(cells[low] ?? 0);
  return lastAtMost(snapshot, child, text, depth + 1) ?? before;
}
