/** One line of the result. Times are medians in milliseconds; counts are exact; figures are what they say. */
export type Row = TimeRow | CountRow | FigureRow;

export interface FigureRow {
  readonly kind: 'figure';
  /** With its unit. */
  readonly what: string;
  readonly size: number;
  readonly value: number;
  readonly rival: { readonly name: string; readonly value: number | 'absent' } | null;
  /** The largest value within budget, or ratio where there is a rival; null: it stands for itself. */
  readonly budget: number | null;
}

export interface TimeRow {
  readonly kind: 'time';
  readonly what: string;
  /** Agents in the fleet. */
  readonly size: number;
  readonly ours: Sample;
  /** null: nothing to compare with, the figure stands for itself. */
  readonly rival: { readonly name: string; readonly sample: Sample | 'absent' } | null;
  /** Largest ratio of ours to the rival's that is within budget. */
  readonly budget: number | null;
}

export interface CountRow {
  readonly kind: 'count';
  readonly what: string;
  readonly size: number;
  readonly count: number;
  readonly expected: number;
}

export interface Sample {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** 95 of 100 are not above it. */
  readonly p95: number;
  readonly repetitions: number;
}

export type Verdict = 'ok' | 'over' | 'off' | 'rival absent' | null;

export function sampleOf(times: readonly number[]): Sample {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    least: at(0),
    most: at(sorted.length - 1),
    p95: at(Math.ceil(0.95 * sorted.length) - 1),
    repetitions: sorted.length,
  };
}

export function ratioOf(row: Row): number | null {
  if (row.kind === 'count' || row.rival === null) return null;
  const [ours, theirs] = [oursOf(row), rivalsOf(row)];
  return theirs === null ? null : ours / theirs;
}

export const oursOf = (row: TimeRow | FigureRow): number =>
  row.kind === 'time' ? row.ours.median : row.value;

/** null where there is no rival, or it is absent. */
export function rivalsOf({ rival }: TimeRow | FigureRow): number | null {
  if (rival === null) return null;
  const found = 'sample' in rival ? rival.sample : rival.value;
  if (found === 'absent') return null;
  return typeof found === 'number' ? found : found.median;
}

export function verdictOf(row: Row): Verdict {
  if (row.kind === 'count') return row.count === row.expected ? 'ok' : 'off';
  if (row.rival !== null && rivalsOf(row) === null) return 'rival absent';
  const ratio = row.kind === 'figure' && row.rival === null ? row.value : ratioOf(row);
  if (ratio === null || row.budget === null) return null;
  return ratio <= row.budget ? 'ok' : 'over';
}
