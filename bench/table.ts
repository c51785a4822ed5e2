import { ratioOf, verdictOf, type Row } from './row.js';

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

const figure = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));

const isText = (column: number): boolean => column === 0 || column === 3 || column === 7;

function cells(row: Row): readonly string[] {
  const verdict = verdictOf(row) ?? '';
  if (row.kind === 'count') {
    return [row.what, String(row.size), String(row.count), '', '', '', `= ${row.expected}`, verdict];
  }
  const ratio = ratioOf(row);
  if (row.kind === 'figure') {
    const { what, size, value, rival, budget } = row;
    return [
      ...[what, String(size), figure(value), rival?.name ?? '', rival === null ? '' : figure(rival.value)],
      ...[ratio?.toFixed(2) ?? '', budget === null ? '' : `<= ${budget}`, verdict],
    ];
  }
  const { what, size, ours, rival, budget } = row;
  return [
    what,
    String(size),
    ours.median.toFixed(0),
    rival?.name ?? '',
    rival === null || rival.sample === 'absent' ? '' : rival.sample.median.toFixed(0),
    ratio === null ? '' : ratio.toFixed(2),
    budget === null ? '' : `<= ${budget}`,
    verdict,
  ];
}
