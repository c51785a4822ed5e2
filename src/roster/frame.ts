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

/**
 * The line a diagnostic points at, the one before it, and a caret line:
 *
 *       3 | agents:
 *     > 4 |   - nmae: lead
 *         |     ^^^^
 *
 * `length` is how many code units to underline, at least one. '' where the text has no such line.
 */
export const codeFrame = (source: SourceText, line: number, column: number, length: number): string => {
  const at = source.line(line);
  if (at === null) return '';
  const width = String(line).length;
  const gutter = (mark: string, number: string): string => `${mark} ${number.padStart(width)} |`;
  const row = (mark: string, number: string, text: string): string =>
    text === '' ? gutter(mark, number) : `${gutter(mark, number)} ${visible(text)}`;
  const cut = cutAround(at, column);
  const start = Math.max(0, column - 1 - cut.shift);
  const underlined = cut.text.slice(start, start + Math.max(1, length));
  const caret =
    ' '.repeat(displayWidth(cut.text.slice(0, start))) + '^'.repeat(Math.max(1, displayWidth(underlined)));
  const before = source.line(line - 1);
  return [
    ...(before === null ? [] : [row(' ', String(line - 1), cutAround(before, 1).text)]),
    row('>', String(line), cut.text),
    row(' ', '', caret),
  ].join('\n');
};
