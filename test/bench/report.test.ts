import { describe, expect, it } from 'vitest';
import { reportJson, reportText } from '../../bench/report.js';
import { ratioOf, sampleOf, verdictOf, type Row } from '../../bench/row.js';
import { memory, reportOf, time } from './sample-report.js';

const count = (found: number): Row => ({
  ...{ kind: 'count', what: 'files it wrote', size: 10 },
  ...{ count: found, expected: 0 },
});

describe('a row', () => {
  it.each([
    [time('plan', 75, 'x', 100, 0.75), 0.75, 'ok'],
    [time('plan', 76, 'x', 100, 0.75), 0.76, 'over'],
    [time('plan', 76, 'x', 100, null), 0.76, null],
    [time('plan', 76, 'x', 'absent', 0.75), null, 'rival absent'],
    [memory({ name: 'x', value: 32 }), 1.5, 'over'],
    [memory({ name: 'x', value: 'absent' }), null, 'rival absent'],
    [{ ...memory(null), budget: 48 } as Row, null, 'ok'],
    [count(0), null, 'ok'],
    [count(1), null, 'off'],
  ] as const)('%#: ratio and verdict', (row, ratio, verdict) => {
    expect([ratioOf(row), verdictOf(row)]).toEqual([ratio, verdict]);
  });
});

it('a sample has its median, and what 95 of 100 are not above', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(sampleOf(hundred)).toEqual({ median: 50.5, least: 1, most: 100, p95: 95, repetitions: 100 });
});

it('the table has its columns one below the other, and says who was absent', () => {
  const rows = [time('plan', 77, 'supervisorctl update', 186, 0.75), time('plan', 77, 'pm2 list', 'absent', null)];
  expect(reportText(reportOf(...rows, memory({ name: 'bare node', value: 37 }), count(0))).split('\n')).toEqual([
    'what            agents  ours  rival                 rival\'s  ratio   budget',
    'plan                10    77  supervisorctl update      186   0.41  <= 0.75  ok',
    'plan                10    77  pm2 list                                       rival absent',
    'RSS, MB            100    48  bare node                  37   1.30   <= 1.3  ok',
    'files it wrote      10     0                                            = 0  ok',
    '',
    '2026-01-01T00:00:00.000Z, 2 cores (A <fast> & "cheap" one), Linux 6.1, Node 20.20.2,',
    'tmux 3.3a, systemd 252, supervisor 4.2.5, pm2 absent;',
    'medians of 5 in ms, load 1 before and 2 after, 60 s',
    '',
  ]);
}); // prettier-ignore

it('what was written as JSON reads back as it was', () => {
  const report = reportOf(time('plan', 77, 'x', 186, 0.75), memory({ name: 'x', value: 'absent' }), count(0));
  expect(JSON.parse(reportJson(report))).toMatchObject(report);
});
