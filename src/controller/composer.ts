import type { ComposerShape, RuntimeProfile } from '../roster/profile.js';
import type { ScreenLine } from './screen.js';

/** What stands in a runtime's composer. */
export type Composer =
  | { readonly kind: 'empty' }
  | { readonly kind: 'draft'; readonly text: string }
  /** The profile has no rule for it, or the screen does not fit the rule. */
  | { readonly kind: 'unknown' };

export function readComposer(
  { composer, collapsed }: Pick<RuntimeProfile, 'composer' | 'collapsed'>,
  lines: readonly ScreenLine[],
): Composer {
  const found = composerLines(composer, lines);
  if (found === null) return { kind: 'unknown' };
  const text = joined(found.map(({ typed }) => typed));
  if (text === '') return { kind: 'empty' };
  // A collapsed paste may be drawn in any colour; it is no placeholder.
  if (collapsed !== null && new RegExp(collapsed, 'm').test(text)) return { kind: 'draft', text };
  const placeholder = composer.kind === 'none' ? null : composer.placeholder;
  if (placeholder === null) return { kind: 'draft', text };
  // claude 2.1 draws its cursor over the first letter of a placeholder: that letter is inverse, the rest is faint.
  const shown = joined(found.map((line) => line.text));
  // It stands at the beginning: below it the same words are a human's.
  const isOwn = new RegExp(placeholder).test(text === shown || text.length > 1 ? text : shown);
  return isOwn ? { kind: 'empty' } : { kind: 'draft', text };
}

const joined = (lines: readonly string[]): string =>
  lines
    .map((line) => line.trim())
    .join('\n')
    .trim();

/** The lines of the composer, without what encloses them. */
function composerLines(shape: ComposerShape, lines: readonly ScreenLine[]): readonly ScreenLine[] | null {
  switch (shape.kind) {
    case 'none':
      return null;
    case 'between': {
      const rules = lines.flatMap(({ text }, index) => (new RegExp(shape.rule).test(text) ? [index] : []));
      const [from, to] = rules.slice(-2);
      if (from === undefined || to === undefined) return null;
      const glyph = shape.glyph === null ? null : new RegExp(shape.glyph);
      return lines
        .slice(from + 1, to)
        .map((line, index) => (index === 0 && glyph !== null ? part(line, lengthOf(glyph, line)) : line));
    }
    case 'box': {
      const [close, side] = [new RegExp(shape.close), new RegExp(shape.side)];
      const end = lines.findLastIndex(({ text }) => close.test(text));
      const floor = lines[end];
      if (floor === undefined) return null;
      const width = lengthOf(close, floor);
      const start = lines.slice(0, end).findLastIndex(({ text }) => !side.test(text)) + 1;
      const inside = lines
        .slice(start, end)
        // What stands right of the box belongs to another one: opencode 1.18 has a side bar in a wide pane.
        .map((line) => part(line, lengthOf(side, line), indexOfColumn(line.text, width)));
      const own = inside.findLastIndex(({ typed }) => typed.trim() !== '');
      return own < 0 ? null : inside.slice(0, own);
    }
    case 'prompt': {
      const first = new RegExp(shape.first);
      const at = lines.findLastIndex(({ text }) => first.test(text));
      const head = lines[at];
      if (head === undefined) return null;
      const after = lines.slice(at + 1);
      const until = shape.ends
        .map((end) => after.findIndex(({ text }) => new RegExp(end).test(text)))
        .find((index) => index >= 0);
      const rest = after.slice(0, until);
      const range = new RegExp(first.source, 'd').exec(head.text)?.indices?.[1];
      return [range === undefined ? part(head, 0, 0) : part(head, ...range), ...rest];
    }
  }
}

const part = ({ text, typed }: ScreenLine, from: number, to?: number): ScreenLine => ({
  text: text.slice(from, to),
  typed: typed.slice(from, to),
});

const lengthOf = (pattern: RegExp, { text }: ScreenLine): number => pattern.exec(text)?.[0].length ?? 0;

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Accents and vowels that stand in the cell of the letter before them, and signs that are not drawn. */
const WITHIN = /[\p{Mn}\p{Me}\p{Cf}]/u;
const JOINER = '\u200d';

/** Where in a line the cell of this column begins: a wide character fills two, and one may consist of several. */
function indexOfColumn(text: string, column: number): number {
  let index = 0;
  let filled = 0;
  let before = '';
  for (const character of text) {
    const columns = WITHIN.test(character) || before === JOINER ? 0 : WIDE.test(character) ? 2 : 1;
    if (filled >= column && columns > 0) break;
    filled += columns;
    index += character.length;
    before = character;
  }
  return index;
}

/**
 * Text without what wrapping, borders and cut ends change on a screen: light and heavy bars, the ellipsis, a sign for a line's end;
 * and without what is not drawn, accents in one with their letters, as runtimes and tmux may have them.
 * By number, since esbuild leaves a regular expression as it is written and the program is read as Latin-1 (scripts/chunks.mjs).
 */
export const squeezed = (text: string): string =>
  text.replace(/[\s\p{Cf}\u2502\u2503\u2026\u23ce]+/gu, '').normalize('NFC');

/** So many letters and digits tell a text from another one. */
const telling = 8;

/**
 * Whether a draft is this text, as far as the screen shows it: a composer may show only an end of a long text, a stand-in
 * for the whole, or signs of its own for what it cannot draw.
 */
export function isDraftOf(composer: Composer, text: string, collapsed: string | null): boolean {
  if (composer.kind !== 'draft') return false;
  if (collapsed !== null && new RegExp(collapsed).test(composer.text)) return true;
  const shown = squeezed(composer.text);
  if (shown !== '' && squeezed(text).includes(shown)) return true;
  const letters = plainLetters(composer.text);
  return letters.length >= telling && plainLetters(text).includes(letters);
}

/** The same of a screen: a text that begins as the placeholder does is taken for that, but for its colour. */
export function standsThere(
  profile: Pick<RuntimeProfile, 'composer' | 'collapsed'>,
  lines: readonly ScreenLine[],
  text: string,
): boolean {
  const composer = readComposer(profile, lines);
  if (composer.kind !== 'empty' || profile.composer.kind === 'none')
    return isDraftOf(composer, text, profile.collapsed);
  const typed = readComposer({ ...profile, composer: { ...profile.composer, placeholder: null } }, lines);
  if (typed.kind !== 'draft') return false;
  const shown = squeezed(typed.text);
  return shown === squeezed(text) || (shown.length >= telling && squeezed(text).startsWith(shown));
}

/** A piece of a text that is so long, or most of a shorter one, is no word that a human happens to have typed. */
const longPiece = 20;
const most = 0.8;

/**
 * The same of a draft that has stood there unwatched: it may be a human's by now, and what stands in for his paste looks like ours.
 * Where it tells how much it stands for, that has to fit.
 */
export function mayStillBe(composer: Composer, text: string, collapsed: string | null): boolean {
  if (composer.kind !== 'draft' || !isDraftOf(composer, text, collapsed)) return false;
  if (collapsed === null || !new RegExp(collapsed).test(composer.text))
    return squeezed(composer.text).length >= Math.min(squeezed(text).length * most, longPiece);
  const told = [...composer.text.matchAll(/(?<!\d)(\d+)\s+(line|char)/g)];
  return told.length === 0 || told.some(([, count, unit]) => fits(Number(count), unit === 'line', text));
}

/** Runtimes count ends of lines or lines, UTF-16, characters or bytes. */
function fits(count: number, inLines: boolean, text: string): boolean {
  if (inLines) return Math.abs(count - text.split('\n').length) <= 2;
  return count >= 0.9 * Array.from(text).length - 8 && count <= 1.1 * Buffer.byteLength(text) + 8;
}

/** Without their accents, which may stand in one character with them or behind them. */
const plainLetters = (text: string): string => text.normalize('NFD').replace(/[^\p{L}\p{N}]+/gu, '');
