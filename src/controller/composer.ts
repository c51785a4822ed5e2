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
  const text = found
    .map((line) => line.trim())
    .join('\n')
    .trim();
  if (text === '') return { kind: 'empty' };
  const placeholder = composer.kind === 'none' ? null : composer.placeholder;
  // A collapsed paste may be drawn in any colour; it is no placeholder.
  if (collapsed !== null && new RegExp(collapsed, 'm').test(text)) return { kind: 'draft', text };
  if (placeholder !== null && new RegExp(placeholder, 'm').test(text)) return { kind: 'empty' };
  return { kind: 'draft', text };
}

function composerLines(shape: ComposerShape, lines: readonly ScreenLine[]): readonly string[] | null {
  switch (shape.kind) {
    case 'none':
      return null;
    case 'between': {
      const rules = lines.flatMap(({ text }, index) => (new RegExp(shape.rule).test(text) ? [index] : []));
      const [from, to] = rules.slice(-2);
      if (from === undefined || to === undefined) return null;
      return lines
        .slice(from + 1, to)
        .map(({ text, typed }, index) => (index === 0 ? withoutGlyph(text, typed, shape.glyph) : typed));
    }
    case 'box': {
      const [close, side] = [new RegExp(shape.close), new RegExp(shape.side)];
      const end = lines.findLastIndex(({ text }) => close.test(text));
      if (end < 0) return null;
      const start = lines.slice(0, end).findLastIndex(({ text }) => !side.test(text)) + 1;
      const inside = lines
        .slice(start, end)
        .map(({ text, typed }) => typed.slice(side.exec(text)?.[0].length ?? 0));
      const own = inside.findLastIndex((line) => line.trim() !== '');
      return own < 0 ? null : inside.slice(0, own);
    }
    case 'prompt': {
      const first = new RegExp(shape.first);
      const at = lines.findLastIndex(({ text }) => first.test(text));
      const head = lines[at];
      if (head === undefined) return null;
      const end = shape.end === null ? null : new RegExp(shape.end);
      const after = lines.slice(at + 1);
      const until = end === null ? after.length : after.findIndex(({ text }) => end.test(text));
      const rest = after.slice(0, until < 0 ? after.length : until);
      return [typedAfter(head, first), ...rest.map(({ typed }) => typed)];
    }
  }
}

const withoutGlyph = (text: string, typed: string, glyph: string | null): string =>
  glyph === null ? typed : typed.slice(new RegExp(glyph).exec(text)?.[0].length ?? 0);

/** The first group's part of the line, without what is faint in it. */
function typedAfter({ text, typed }: ScreenLine, first: RegExp): string {
  const match = new RegExp(first.source, 'd').exec(text);
  const range = match?.indices?.[1];
  return range === undefined ? '' : typed.slice(range[0], range[1]);
}

/** Text without what wrapping, borders and cut ends change on a screen. */
export const squeezed = (text: string): string => text.replace(/[\s│┃…⏎]+/gu, '');

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

const plainLetters = (text: string): string => text.replace(/[^A-Za-z0-9]+/g, '');
