import * as fs from 'node:fs';

/** A FIFO or a device in a file's place must not keep us waiting. */
const withoutWaiting = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK;

/**
 * Reads a part of a file that somebody else writes, and may replace, cut or turn into anything meanwhile.
 *
 * @param from where to begin, given the file's size
 * @param most so many bytes at most
 * @returns null: it is no regular file, there is more to be read than that, or it cannot be read
 */
export function readRegular(path: string, from: (size: number) => number, most: number): Buffer | null {
  try {
    const handle = fs.openSync(path, withoutWaiting);
    try {
      const stat = fs.fstatSync(handle);
      if (!stat.isFile()) return null;
      const start = from(stat.size);
      const length = stat.size - start;
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
