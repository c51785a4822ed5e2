/**
 * systemd's EnvironmentFile syntax as `src/basic/env-file.c` reads it, character by character (v252 to v257). Nothing is
 * expanded. A comment that ends in a backslash ends there, as since v254; v252 let it swallow the next line.
 */
export type EnvironmentStatement =
  /** `nothing`: a line that is neither comment nor assignment, which systemd passes over. */
  | { readonly kind: 'comment' | 'nothing'; readonly start: number; readonly end: number }
  | {
      readonly kind: 'assignment';
      readonly name: string;
      readonly value: string;
      /** Offsets of the statement's lines in the text, in UTF-16 code units, the final line end included. */
      readonly start: number;
      readonly end: number;
    };

type State =
  | 'before-key'
  | 'key'
  | 'before-value'
  | 'value'
  | 'escape'
  | 'single-quoted'
  | 'double-quoted'
  | 'double-quoted-escape'
  | 'comment';

const isLineEnd = (character: string): boolean => character === '\n' || character === '\r';
const isSpace = (character: string): boolean =>
  isLineEnd(character) || character === ' ' || character === '\t';

/** A whole line as {@link quoteEnvironmentValue} writes it, or a comment: nearly every line there is. */
const PLAIN_LINE = /(?:([A-Za-z_][A-Za-z0-9_]*)=([A-Za-z0-9_./:@%+,=~-]*)|#[^\n\r\\]*)\n/y;

/** The statements of a text, in order; empty lines yield none. */
export function* environmentStatements(text: string): Generator<EnvironmentStatement> {
  let state: State = 'before-key';
  let start = 0;
  let key = '';
  let value = '';
  // systemd trims white space at the end of what was not quoted: up to here the value stays.
  let kept = 0;

  const assignment = (end: number): EnvironmentStatement => ({
    kind: 'assignment',
    name: key.replace(/(?<![ \t])[ \t]+$/, ''),
    value: state === 'value' ? value.slice(0, kept) : value,
    start,
    end,
  });

  for (let index = 0; index < text.length; index++) {
    if (state === 'before-key' && index === start) {
      PLAIN_LINE.lastIndex = index;
      const line = PLAIN_LINE.exec(text);
      if (line !== null) {
        const end = index + line[0].length;
        const [, name, plain = ''] = line;
        yield name === undefined
          ? { kind: 'comment', start, end }
          : { kind: 'assignment', name, value: plain, start, end };
        start = end;
        index = end - 1;
        continue;
      }
    }
    const character = text.charAt(index);
    switch (state) {
      case 'before-key':
        if (isSpace(character)) {
          if (isLineEnd(character)) start = index + 1;
        } else if (character === '#' || character === ';') state = 'comment';
        else {
          state = 'key';
          key = character;
        }
        break;
      case 'comment':
        if (isLineEnd(character)) {
          yield { kind: 'comment', start, end: index + 1 };
          state = 'before-key';
          start = index + 1;
        }
        break;
      case 'key':
        if (isLineEnd(character)) {
          yield { kind: 'nothing', start, end: index + 1 };
          state = 'before-key';
          start = index + 1;
        } else if (character === '=') {
          state = 'before-value';
          value = '';
        } else key += character;
        break;
      case 'before-value':
      case 'value':
        if (isLineEnd(character)) {
          yield assignment(index + 1);
          state = 'before-key';
          start = index + 1;
        } else if (character === '\\') state = 'escape';
        else if (state === 'before-value' && character === "'") state = 'single-quoted';
        else if (state === 'before-value' && character === '"') state = 'double-quoted';
        else if (state === 'value' || !isSpace(character)) {
          state = 'value';
          value += character;
          if (!isSpace(character)) kept = value.length;
        }
        break;
      case 'escape':
        // An escaped line end is eaten up: the value goes on in the next line.
        if (!isLineEnd(character)) value += character;
        kept = value.length;
        state = 'value';
        break;
      case 'single-quoted':
        if (character === "'") state = 'before-value';
        else value += character;
        break;
      case 'double-quoted':
        if (character === '"') state = 'before-value';
        else if (character === '\\') state = 'double-quoted-escape';
        else value += character;
        break;
      case 'double-quoted-escape':
        if ('"\\`$'.includes(character)) value += character;
        else if (character !== '\n') value += `\\${character}`;
        state = 'double-quoted';
        break;
    }
  }
  switch (state) {
    case 'before-key':
      return;
    case 'key':
      yield { kind: 'nothing', start, end: text.length };
      return;
    case 'comment':
      yield { kind: 'comment', start, end: text.length };
      return;
    // A value that is unfinished at the end of the text counts as far as it goes.
    case 'before-value':
    case 'value':
    case 'escape':
    case 'single-quoted':
    case 'double-quoted':
    case 'double-quoted-escape':
      yield assignment(text.length);
  }
}

/** A value so that systemd reads it back exactly, line ends included. */
export const quoteEnvironmentValue = (value: string): string =>
  /^[A-Za-z0-9_./:@%+,=~-]*$/.test(value) ? value : `"${value.replace(/["\\`$]/g, '\\$&')}"`;
