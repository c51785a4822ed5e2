import { CONCEALED, type Shown } from './conceal.js';
import type { Finding } from './finding.js';
import { codeFrame } from './frame.js';
import type { Locator } from './locate.js';
import type { SourceText } from './source-text.js';
import type { Diagnostic } from './types.js';

/** More are not worth their memory: a text with so many faults is no roster. */
const MOST = 10_000;

/**
 * Findings as diagnostics, in the order of the text. What an alias makes appear twice is reported once.
 *
 * @param shown the text as it may be shown: a diagnostic is printed, logged and kept
 */
export const diagnose = (
  findings: readonly Finding[],
  file: string,
  text: SourceText,
  locator: Locator,
  shown: Shown,
): readonly Diagnostic[] => {
  const seen = new Set<string>();
  return findings
    .slice(0, MOST)
    .map((finding) => ({ finding, range: locator.find(finding.at) }))
    .filter(({ finding, range }) => {
      const identity = `${range[0]} ${finding.message}`;
      const isNew = !seen.has(identity);
      seen.add(identity);
      return isNew;
    })
    .sort((a, b) => a.range[0] - b.range[0])
    .map(({ finding, range: [start, end] }) => {
      const { line, column } = text.position(start);
      const { code, path, message, suggestion } = finding;
      const hidden = hiddenBeside(text.text.slice(start, end), shown, line, start);
      return {
        code,
        file,
        line,
        column,
        path: unnamed(unquoted(path, hidden), hidden),
        message: unquoted(message, hidden),
        suggestion,
        frame: codeFrame(text, shown.lines, line, column, end - start),
      };
    });
};

/** Texts in quotes that must not be read in a diagnostic. */
type Hidden = Pick<ReadonlySet<string>, 'has' | 'size'>;

/**
 * What is hidden elsewhere must not be quoted, but for what stands openly where the diagnostic points to, as its frame shows: a
 * key is named though a variable has the same word for its value.
 *
 * @param written what stands there, from `start` on
 */
const hiddenBeside = (
  written: string,
  { lines, texts, isOpen }: Shown,
  line: number,
  start: number,
): Hidden => {
  const word = /^(["']?)(.*)\1$/.exec(written)?.[2];
  if (word === undefined || !texts.has(`"${word}"`)) return texts;
  const isShown = isOpen(start, start + written.length) && lines[line - 1]?.includes(written) === true;
  return isShown ? { size: texts.size, has: (text) => text !== `"${word}"` && texts.has(text) } : texts;
};

/** The same of keys that need no quotes in a path: the value of `env` whose line has come to begin with a `?` is one. */
const unnamed = (path: string, hidden: Hidden): string =>
  path.replace(/[^.[\]"]+$/, (key) => (hidden.has(`"${key}"`) ? CONCEALED : key));

/** What stands in quotes and is hidden elsewhere must not be read here. */
const unquoted = (message: string, hidden: Hidden): string => {
  if (hidden.size === 0) return message;
  const quotes = [...message.matchAll(/"/g)].map(({ index }) => index);
  for (const [nth, from] of quotes.entries()) {
    for (const to of quotes.slice(nth + 1)) {
      if (!hidden.has(message.slice(from, to + 1))) continue;
      return `${message.slice(0, from)}"${CONCEALED}"${unquoted(message.slice(to + 1), hidden)}`;
    }
  }
  return message;
};
