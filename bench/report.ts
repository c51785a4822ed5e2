import type { Machine } from './machine.js';
import { ratioOf, verdictOf, type Row } from './row.js';
import { table } from './table.js';

/** A run's figures, and what they are of. */
export interface Report {
  readonly machine: Machine;
  readonly repetitions: number;
  readonly load: { readonly before: number; readonly after: number };
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** Where and how the figures were taken. */
export function circumstances({ machine, repetitions, load, seconds }: Report): readonly string[] {
  const { date, cores, cpu, kernel, node, tmux, systemd, supervisor, pm2 } = machine;
  return [
    `${date}, ${cores} cores (${cpu}), Linux ${kernel}, Node ${node},`,
    `${tmux}, ${systemd}, supervisor ${supervisor ?? 'absent'}, pm2 ${pm2 ?? 'absent'};`,
    `medians of ${repetitions} in ms, load ${load.before} before and ${load.after} after, ${seconds.toFixed(0)} s`,
  ];
}

export const reportText = (report: Report): string =>
  [...table(report.rows), '', ...circumstances(report), ''].join('\n');

export function reportJson(report: Report): string {
  const rows = report.rows.map((row) => ({ ...row, ratio: ratioOf(row), verdict: verdictOf(row) }));
  return `${JSON.stringify({ formatVersion: '1.1', ...report, rows }, null, 2)}\n`;
}
