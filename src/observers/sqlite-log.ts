import * as fs from 'node:fs';

const headerBytes = 32;
const frameHeaderBytes = 24;

/** A longer one is not read: its owner keeps it from being checkpointed. */
const longest = 64 * 1024 * 1024;

/**
 * Where the newest committed content of each page stands in a write-ahead log, bytes from its beginning. What a transaction
 * has written that is not over counts for nothing, nor does what stands behind from an earlier life of the log.
 */
export function committedPages(log: number, pageSize: number): ReadonlyMap<number, number> {
  const committed = new Map<number, number>();
  const { size } = fs.fstatSync(log);
  // A database that was checkpointed.
  if (size < headerBytes) return committed;
  const header = bytesAt(log, 0, headerBytes);
  const magic = header.readUInt32BE(0);
  if (magic >>> 1 !== 0x377f0682 >>> 1 || header.readUInt32BE(8) !== pageSize || size > longest)
    throw new Error('not a log that can be read');
  let sum: Sum = [header.readUInt32BE(24), header.readUInt32BE(28)];
  let last: { readonly at: number; readonly before: Sum; readonly sum: Sum } | null = null;
  let open: (readonly [page: number, at: number])[] = [];
  const step = frameHeaderBytes + pageSize;
  for (let at = headerBytes; at + step <= size; at += step) {
    const frame = bytesAt(log, at, frameHeaderBytes);
    // Both salts, which change when it is written anew from its beginning.
    if (frame.compare(header, 16, 24, 8, 16) !== 0) break;
    const made: Sum = [frame.readUInt32BE(16), frame.readUInt32BE(20)];
    open.push([frame.readUInt32BE(0), at + frameHeaderBytes]);
    if (frame.readUInt32BE(4) !== 0) {
      for (const [page, place] of open) committed.set(page, place);
      open = [];
      last = { at, before: sum, sum: made };
    }
    sum = made;
  }
  // Sums are chained, so this one speaks for all. The header of a frame may be there before its page is.
  if (last !== null) {
    const frame = bytesAt(log, last.at, step);
    const head = chained(last.before, frame.subarray(0, 8), magic & 1);
    const [one, two] = chained(head, frame.subarray(frameHeaderBytes), magic & 1);
    if (one !== last.sum[0] || two !== last.sum[1]) throw new Error('a page that is being written');
  }
  return committed;
}

/** Exactly so many bytes of a file, or it throws. */
export function bytesAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (fs.readSync(file, bytes, 0, length, position) !== length) throw new Error('it ends too soon');
  return bytes;
}

type Sum = readonly [number, number];

function chained([first, second]: Sum, bytes: Buffer, bigEndian: number): Sum {
  let [one, two] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    const [x, y] = bigEndian
      ? [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
      : [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    one = (one + x + two) >>> 0;
    two = (two + y + one) >>> 0;
  }
  return [one, two];
}
