import { CONCEALED, conceal as byLook } from './conceal-look.js';
import { concealedIn, type Hidden } from './conceal-tree.js';
import { parseSyntax } from './syntax.js';

export { CONCEALED };

/** A roster's text as it may be shown. */
export interface Shown {
  /** As many as the text has; values of `env`, and what may be one, are hidden. */
  readonly lines: readonly string[];
  /** Keys and values that are hidden, as text: a message must not quote them either. */
  readonly texts: ReadonlySet<string>;
  /** Whether a stretch of the text, in UTF-16 code units, is nothing hidden, as far as the tree tells. */
  readonly isOpen: (start: number, end: number) => boolean;
}

/**
 * The lines of a roster's text as they may be shown: values of `env` are hidden, every line keeps its place. A text
 * whose syntax is wrong, and a comment, is judged by how it looks, and rather too much is hidden than too little.
 */
export const conceal = (text: string): readonly string[] => {
  const syntax = parseSyntax(text);
  return syntax.ok ? concealParsed(text, syntax.value).lines : concealBroken(text).lines;
};

/** The same for a text that was parsed already. @param root its top node */
export const concealParsed = (text: string, root: unknown): Shown => {
  const { ranges, texts, odd } = concealedIn(root, text);
  return {
    lines: byLook(hide(text, ranges).split('\n'), odd ? 'everything' : 'comments'),
    texts,
    isOpen: (start, end) => !odd && ranges.every(([from, to]) => end <= from || to <= start),
  };
};

/** The same for a text whose syntax is wrong. */
export const concealBroken = (text: string): Shown => ({
  lines: byLook(text.split('\n'), 'everything'),
  texts: new Set(),
  isOpen: () => false,
});

/** Every line of a value is hidden by itself, so that lines keep their numbers. */
const hide = (text: string, ranges: Hidden['ranges']): string => {
  let shown = '';
  let at = 0;
  for (const [from, end] of ranges.toSorted(([a], [b]) => a - b)) {
    const start = Math.max(from, at);
    if (start >= end) continue;
    shown += text.slice(at, start) + text.slice(start, end).replaceAll(/\S(?:[^\n]*\S)?/g, CONCEALED);
    at = end;
  }
  return shown + text.slice(at);
};
