import * as fs from 'node:fs';
import { encodingFault } from './utf8.js';

/** A FIFO or a device in a file's place must not keep us waiting. */
const withoutWaiting = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK;

/**
 * Opens a file that somebody else writes. The caller closes it.
 *
 * @throws node's file system errors, and where it is no regular file
 */
export function openRegular(path: string): number {
  const handle = fs.openSync(path, withoutWaiting);
  if (fs.fstatSync(handle).isFile()) return handle;
  fs.closeSync(handle);
  throw new Error(`${path} is no regular file`);
}

/**
 * Opens a file of fleet's own to write to it, making it where there is none.
 *
 * @param flags beside those for that, such as O_APPEND
 * @throws node's file system errors; ENXIO where a pipe that nobody reads has its place
 */
export const openToWrite = (path: string, flags = 0): number =>
  fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_NONBLOCK | flags, 0o600);

/**
 * Whether two absolute paths are one and the same file, by whatever name; also where there is none yet.
 *
 * @throws node's file system errors, but not for one that is not there
 */
export function isSameFile(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [one, other].map((file) => fs.statSync(file, { throwIfNoEntry: false }));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

/** Why a file cannot be read whole, in an operator's words. */
export class UnfitFile extends Error {}

/** A writer may be interrupted between two pages of one call; and times of files go in ticks of up to 10 ms. */
const settledMs = 20;
const mostPauses = 10;
const mostTries = 50;

/**
 * Reads a file that may be written in place meanwhile, whole. Half of what it held with half of what it holds is read again.
 *
 * @param settled waits, for a fifth of a second at most, until nobody has written for 20 ms
 * @throws UnfitFile where it changes at each try
 */
function readUnchanged(handle: number, settled: boolean): Buffer {
  let pauses = settled ? 0 : mostPauses;
  for (let tries = 0; tries < mostTries;) {
    const before = fs.fstatSync(handle);
    const age = Date.now() - before.mtimeMs;
    if (pauses < mostPauses && age >= 0 && age < settledMs) {
      pauses += 1;
      pause(settledMs - age);
      continue;
    }
    tries += 1;
    // One byte more than it has tells of one that grows.
    const bytes = Buffer.allocUnsafe(before.size + 1);
    let length = 0;
    for (let added = -1; added !== 0 && length < bytes.length; length += added)
      added = fs.readSync(handle, bytes, length, bytes.length - length, length);
    const after = fs.fstatSync(handle);
    const stands = length === after.size && before.size === after.size && before.mtimeMs === after.mtimeMs;
    if (stands) return bytes.subarray(0, length);
  }
  throw new UnfitFile('is being written again and again; try again');
}

const pause = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/**
 * Opens a file that an operator has named: whatever lies there, it is not waited for. The caller closes it.
 *
 * @throws UnfitFile where it is no regular file, and node's file system errors
 */
export function openNamed(path: string): number {
  const handle = fs.openSync(path, withoutWaiting);
  const stat = fs.fstatSync(handle);
  if (stat.isFile()) return handle;
  fs.closeSync(handle);
  throw new UnfitFile(stat.isDirectory() ? 'is a directory; a file is expected' : 'is not a regular file');
}

/**
 * Reads a file that an operator has named: whatever lies there, it is neither waited for nor read without end.
 *
 * @param most so many bytes at most
 * @throws UnfitFile where it is no regular file or larger, and node's file system errors
 */
export function readWhole(path: string, most: number, settled = false): Buffer {
  const handle = openNamed(path);
  try {
    const { size } = fs.fstatSync(handle);
    if (size > most) throw new UnfitFile(`${size} bytes are too many: ${most} are read at most`);
    return readUnchanged(handle, settled);
  } finally {
    fs.closeSync(handle);
  }
}

/**
 * The same for UTF-8 text.
 *
 * @param settled a short wait where it was written a moment ago, as it may be written still
 * @throws UnfitFile where it is none
 */
export function readWholeText(path: string, most: number, settled = false): string {
  const bytes = readWhole(path, most, settled);
  const fault = encodingFault(bytes);
  if (fault !== null) throw new UnfitFile(fault);
  return bytes.toString('utf8');
}

/**
 * Reads a part of a file that somebody else writes, and may replace, cut or turn into anything meanwhile.
 *
 * @param from where to begin, given the file's size
 * @param most so many bytes at most
 * @returns null: it is no regular file, there is more to be read than that, or it cannot be read
 */
export function readRegular(path: string, from: (size: number) => number, most: number): Buffer | null {
  try {
    const handle = openRegular(path);
    try {
      const { size } = fs.fstatSync(handle);
      const start = from(size);
      const length = size - start;
      if (length > most) return null;
      const bytes = Buffer.alloc(Math.max(0, length));
      return bytes.subarray(0, fs.readSync(handle, bytes, 0, bytes.length, start));
    } finally {
      fs.closeSync(handle);
    }
  } catch {
    return null;
  }
}
