import { createHash } from 'node:crypto';

/** Bytes of the longest message that is taken. */
export const LARGEST_MESSAGE = 1024 * 1024;

/** Who speaks to whom; in front of every message, so that an agent knows whom to answer. */
export interface Address {
  /** `host:agent`, `host:operator`, or a label. */
  readonly source: string;
  /** `host:agent` */
  readonly recipient: string;
}

/**
 * The text as it may be pasted: line ends are newlines, control characters but newline and tab are taken out (ESC [ 201 ~
 * would end the paste and let the rest be typed as keys), and so are blank lines before the first word, below which a composer
 * looks empty, and newlines at the end.
 */
export const cleaned = (text: string): string =>
  Array.from(text.replace(/\r\n?/g, '\n'))
    .filter((character) => !isControl(character))
    .join('')
    .replace(/^(?:[ \t]*\n)+/, '')
    // The look behind keeps it from being tried at each newline of many.
    .replace(/(?<!\n)\n+$/, '');

function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x09 || code === 0x0a) return false;
  return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

/** So long is what somebody names by a word, a path for one. */
const longestName = 1000;

/** What is pasted for a text. @param completes an end behind which a composer offers words: a blank ends that */
export const asPasted = (text: string, completes: string | null): string =>
  completes !== null && new RegExp(completes).test(text.slice(-longestName)) ? `${text} ` : text;

export const preamble = ({ source, recipient }: Address): string => `[${source} -> ${recipient}]`;

/** The message with its preamble; null: as it is. */
export const composed = (text: string, address: Address | null): string =>
  address === null ? cleaned(text) : `${preamble(address)} ${cleaned(text)}`;

/** Names a message in the event log without telling what is in it: the first 16 hex digits of its SHA-256. */
export const digestOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 16);
