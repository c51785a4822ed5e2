import * as fs from 'node:fs';
import { cleaned, LARGEST_MESSAGE } from '../../controller/message.js';
import { fileProblem } from '../../host/atomic-file.js';
import { openNamed } from '../../host/regular-file.js';
import { visible } from '../../roster/visible.js';
import { CommandFailure, ExitCode } from '../exit-code.js';

export interface TextOptions {
  readonly message?: string;
  /** `-`: standard input, which is also read where neither is given. */
  readonly file?: string;
}

/** The message, from the command line, a file or standard input. @throws CommandFailure 64 where it cannot be sent */
export function readMessage({ message, file }: TextOptions): string {
  if (message !== undefined && file !== undefined)
    throw new CommandFailure(ExitCode.usage, 'give --message or --file, not both');
  if (message === undefined && file === undefined && process.stdin.isTTY)
    throw new CommandFailure(
      ExitCode.usage,
      'no message: use --message TEXT, --file FILE, or standard input',
    );
  const bytes = message === undefined ? readBytes(file ?? '-') : Buffer.from(message);
  if (bytes.length > LARGEST_MESSAGE)
    throw new CommandFailure(
      ExitCode.usage,
      `the message has more than ${LARGEST_MESSAGE} bytes; put it into a file and send the file's name`,
    );
  const text = decoded(bytes);
  // What is not drawn shows on no screen, and a transcript may not have it.
  if (cleaned(text).replace(/[\s\p{Cf}]+/gu, '') === '')
    throw new CommandFailure(ExitCode.usage, 'the message is empty; nothing was sent');
  return text;
}

function readBytes(file: string): Buffer {
  try {
    return readUpTo(file === '-' ? 0 : openGiven(file), LARGEST_MESSAGE + 1);
  } catch (error) {
    const name = file === '-' ? 'standard input' : visible(file);
    throw new CommandFailure(ExitCode.usage, `cannot read ${name}: ${fileProblem(error)}`);
  }
}

/** What a shell hands over, as `<(…)` and `/dev/stdin`, comes to its end as standard input does; a pipe with a name of its own need not. */
const handedOver = /^\/(dev\/(fd\/|stdin$)|proc\/(self|[0-9]+)\/fd\/)/;

const openGiven = (file: string): number =>
  handedOver.test(file) ? fs.openSync(file, 'r') : openNamed(file);

/** What is larger is refused anyway: an endless file must not be read to its end. */
function readUpTo(handle: number, most: number): Buffer {
  const bytes = Buffer.alloc(most);
  let length = 0;
  while (length < most) {
    const read = readPiece(handle, bytes, length);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

/** A terminal or pipe that is set to non-blocking by whoever shares it says EAGAIN instead of waiting. */
function readPiece(handle: number, bytes: Buffer, at: number): number {
  for (;;) {
    try {
      return fs.readSync(handle, bytes, at, bytes.length - at, null);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandFailure(ExitCode.usage, 'the message is no valid UTF-8; convert it with iconv first');
  }
}
