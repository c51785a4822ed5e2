import { isUtf8 } from 'node:buffer';

/**
 * Where a file that somebody wrote ceases to be text to us. Decoding it all the same would put U+FFFD in the place of what
 * stands there, and whoever writes the text back would destroy it.
 *
 * @returns what is wrong, with the line, and the way out; null: it is UTF-8
 */
export function encodingFault(bytes: Buffer): string | null {
  if (isUtf8(bytes)) return null;
  const again = Buffer.from(bytes.toString('utf8'));
  let at = 0;
  while (at < bytes.length && bytes[at] === again[at]) at += 1;
  let line = 1;
  for (let end = bytes.indexOf(0x0a); end !== -1 && end < at; end = bytes.indexOf(0x0a, end + 1)) line += 1;
  return `line ${line} is not UTF-8; convert the file, with iconv -f latin1 -t utf-8 for example`;
}
