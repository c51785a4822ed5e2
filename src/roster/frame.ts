import { CONCEALED } from './conceal-look.js';
import type { SourceText } from './source-text.js';
import { visible } from './visible.js';

/** Longest piece of a line that is shown, in UTF-16 code units. */
const WIDTH = 90;
/** How much of a cut line is shown before the column. */
const BEFORE = 40;

interface Cut {
  readonly text: string;
  /** Code units of the line before the first one shown, less the mark that says so. */
  readonly shift: number;
}

const cutAround = (line: string, column: number): Cut => {
  if (line.length <= WIDTH) return { text: line, shift: 0 };
  const start = Math.max(0, Math.min(column - 1 - BEFORE, line.length - WIDTH));
  const head = start > 0 ? '…' : '';
  const tail = start + WIDTH < line.length ? '…' : '';
  return { text: head + line.slice(start, start + WIDTH) + tail, shift: start - head.length };
};

// Characters that take two columns on a terminal: CJK, Hangul, full-width forms, emoji.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu;

const displayWidth = (text: string): number => Array.from(text).length + (text.match(WIDE)?.length ?? 0);

const shownLine = (shown: readonly string[], line: number): string =>
  (shown[line - 1] ?? '').replace(/\r$/, '');

/**
 * Where a column of a line stands in what is shown of it, which is the same but for what a stand-in hides. A column of
 * what is hidden stands where its stand-in begins.
 */
const shownOffset = (written: string, shown: string, offset: number): number => {
  if (written === shown) return offset;
  const [first = '', ...others] = shown.split(CONCEALED);
  let at = first.length;
  let shownAt = first.length;
  for (const [index, piece] of others.entries()) {
    if (offset < at) break;
    // The last one is the end of the line: a value may hold the same text.
    const next = index === others.length - 1 ? written.length - piece.length : written.indexOf(piece, at + 1);
    if (next < 0 || offset < next) return shownAt;
    at = next + piece.length;
    shownAt += CONCEALED.length + piece.length;
  }
  return offset + shownAt - at;
};

/**
 * The line a diagnostic points at, the one before it, and a caret line:
 *
 *       3 | agents:
 *     > 4 |   - nmae: lead
 *         |     ^^^^
 *
 * `length` is how many code units to underline, at least one. '' where the text has no such line.
 *
 * @param shown the text's lines as they may be shown; a caret under what is hidden stands under its stand-in
 */
export const codeFrame = (
  source: SourceText,
  shown: readonly string[],
  line: number,
  column: number,
  length: number,
): string => {
  const written = source.line(line);
  if (written === null) return '';
  const at = shownLine(shown, line);
  const from = shownOffset(written, at, column - 1);
  const to = shownOffset(written, at, Math.min(column - 1 + Math.max(1, length), written.length));
  const width = String(line).length;
  const gutter = (mark: string, number: string): string => `${mark} ${number.padStart(width)} |`;
  const row = (mark: string, number: string, text: string): string =>
    text === '' ? gutter(mark, number) : `${gutter(mark, number)} ${visible(text)}`;
  const cut = cutAround(at, from + 1);
  const start = Math.max(0, from - cut.shift);
  const underlined = cut.text.slice(start, start + Math.max(1, to - from));
  const caret =
    ' '.repeat(displayWidth(cut.text.slice(0, start))) + '^'.repeat(Math.max(1, displayWidth(underlined)));
  return [
    ...(line === 1 ? [] : [row(' ', String(line - 1), cutAround(shownLine(shown, line - 1), 1).text)]),
    row('>', String(line), cut.text),
    row(' ', '', caret),
  ].join('\n');
};
