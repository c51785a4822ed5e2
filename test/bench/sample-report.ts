import type { Report } from '../../bench/report.js';
import { sampleOf, type Row } from '../../bench/row.js';

export const time = (what: string, ours: number, rival: string, theirs: number | 'absent', budget: number | null): Row => ({
  ...{ kind: 'time', what, size: 10, ours: sampleOf([ours]), budget },
  rival: { name: rival, sample: theirs === 'absent' ? theirs : sampleOf([theirs]) },
}); // prettier-ignore

export const memory = (rival: { readonly name: string; readonly value: number | 'absent' } | null): Row => ({
  ...{ kind: 'figure', what: 'RSS, MB', size: 100, value: 48 },
  ...{ rival, budget: 1.3 },
});

export const reportOf = (...rows: readonly Row[]): Report => ({
  machine: {
    ...{ date: '2026-01-01T00:00:00.000Z', cpu: 'A <fast> & "cheap" one', cores: 2 },
    ...{ kernel: '6.1', node: '20.20.2', tmux: 'tmux 3.3a', systemd: 'systemd 252' },
    ...{ supervisor: '4.2.5', pm2: null },
  },
  ...{ repetitions: 5, load: { before: 1, after: 2 }, seconds: 60, rows },
});
