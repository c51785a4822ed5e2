import type { Finding } from './finding.js';
import { codeFrame } from './frame.js';
import type { Locator } from './locate.js';
import type { SourceText } from './source-text.js';
import type { Diagnostic } from './types.js';

/** More are not worth their memory: a text with so many faults is no roster. */
const MOST = 10_000;

/** Findings as diagnostics, in the order of the text. What an alias makes appear twice is reported once. */
export const diagnose = (
  findings: readonly Finding[],
  file: string,
  text: SourceText,
  locator: Locator,
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
      return {
        code,
        file,
        line,
        column,
        path,
        message,
        suggestion,
        frame: codeFrame(text, line, column, end - start),
      };
    });
};
