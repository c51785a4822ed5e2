import { structuredPatch } from 'diff';
import { conceal } from '../../roster/conceal.js';
import { visible } from '../../roster/visible.js';
import type { Style } from './style.js';

/**
 * What changes in a roster's text, as a unified diff. Compared is the text, shown is what may be shown: a value of `env`
 * that changes is a changed line whose value is hidden.
 */
export function rosterDiff(
  before: { readonly name: string; readonly text: string },
  after: { readonly name: string; readonly text: string },
  style: Style,
): readonly string[] {
  const { hunks } = structuredPatch(before.name, after.name, before.text, after.text, '', '', { context: 3 });
  if (hunks.length === 0) return [];
  const [left, right] = [conceal(before.text), conceal(after.text)];
  return [
    style.dim(`--- ${visible(before.name)}`),
    style.dim(`+++ ${visible(after.name)}`),
    ...hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => {
      let [old, now] = [oldStart - 1, newStart - 1];
      return [
        style.dim(`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`),
        ...lines.map((line) => {
          switch (line.charAt(0)) {
            case '-':
              return style.bad(`-${shown(left[old++])}`);
            case '+':
              return style.good(`+${shown(right[now++])}`);
            case ' ':
              now += 1;
              return ` ${shown(left[old++])}`;
            default:
              // "\ No newline at end of file"
              return style.dim(line);
          }
        }),
      ];
    }),
  ];
}

const shown = (line: string | undefined): string => visible((line ?? '').replace(/\r$/, ''));
