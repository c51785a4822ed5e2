import type { Snapshot } from './sqlite.js';

/** Where a cell's record begins, and how long it is. */
export interface Cell {
  readonly bytes: Buffer;
  readonly at: number;
  readonly length: number;
  /** In an index less of a record stays in the page. */
  readonly index: boolean;
}

/** A number in one to nine bytes, and where the next byte is. */
export function varint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let index = 0; index < 8; index += 1) {
    const byte = bytes.readUInt8(at + index);
    value = value * 128 + (byte & 127);
    if (byte < 128) return { value, next: at + index + 1 };
  }
  return { value: value * 256 + bytes.readUInt8(at + 8), next: at + 9 };
}

/** A whole record: what does not fit into its page lies in a chain of others. */
export function payloadOf({ usable, page }: Snapshot, { bytes, at, length, index }: Cell): Buffer {
  const most = index ? Math.floor(((usable - 12) * 64) / 255) - 23 : usable - 35;
  if (length <= most) return bytes.subarray(at, at + length);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const wanted = least + ((length - least) % (usable - 4));
  const local = wanted <= most ? wanted : least;
  const pieces = [bytes.subarray(at, at + local)];
  let left = length - local;
  let next = bytes.readUInt32BE(at + local);
  while (left > 0) {
    const overflow = page(next);
    pieces.push(overflow.subarray(4, 4 + Math.min(left, usable - 4)));
    left -= usable - 4;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(pieces);
}

/** Values of a record's columns: texts and integers; of anything else null. */
export function columnsOf(record: Buffer): readonly (string | number | null)[] {
  const header = varint(record, 0);
  const values: (string | number | null)[] = [];
  let at = header.value;
  for (let type = header.next; type < header.value;) {
    const serial = varint(record, type);
    type = serial.next;
    const size = sizeOf(serial.value);
    if (at + size > record.length) throw new Error('a record ends too soon');
    values.push(valueOf(record, at, serial.value, size));
    at += size;
  }
  return values;
}

/** null: it is no text. */
export function firstColumn(record: Buffer): string | null {
  const [first] = columnsOf(record);
  return typeof first === 'string' ? first : null;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

const sizeOf = (serial: number): number => INTEGER_BYTES[serial] ?? Math.max(0, (serial - 12) >> 1);

function valueOf(record: Buffer, at: number, serial: number, size: number): string | number | null {
  if (serial === 8 || serial === 9) return serial - 8;
  if (serial >= 1 && serial <= 5) return record.readIntBE(at, size);
  if (serial === 6) return Number(record.readBigInt64BE(at));
  return serial >= 13 && serial % 2 === 1 ? record.toString('utf8', at, at + size) : null;
}
