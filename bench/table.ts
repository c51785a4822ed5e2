import { oursOf, ratioOf, rivalsOf, verdictOf, type Row } from './row.js';

const heads = ['what', 'agents', 'ours', 'rival', "rival's", 'ratio', 'budget', ''];

/** The rows as text, columns aligned; times in milliseconds. */
export function table(rows: readonly Row[]): readonly string[] {
  const lines = [heads, ...rows.map(cells)];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) =>
        isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

export const milliseconds = (value: number): string => value.toFixed(0);
export const figure = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));

const isText = (column: number): boolean => column === 0 || column === 3 || column === 7;

function cells(row: Row): readonly string[] {
  const verdict = verdictOf(row) ?? '';
  if (row.kind === 'count') {
    return [row.what, String(row.size), String(row.count), '', '', '', `= ${row.expected}`, verdict];
  }
  const { what, size, rival, budget } = row;
  const print = row.kind === 'time' ? milliseconds : figure;
  const [theirs, ratio] = [rivalsOf(row), ratioOf(row)];
  return [
    ...[what, String(size), print(oursOf(row)), rival?.name ?? '', theirs === null ? '' : print(theirs)],
    ...[ratio?.toFixed(2) ?? '', budget === null ? '' : `<= ${budget}`, verdict],
  ];
}
