import { circumstances, type Report } from './report.js';
import { oursOf, ratioOf, rivalsOf, verdictOf, type Row, type Verdict } from './row.js';
import { figure, milliseconds } from './table.js';

interface Pair {
  readonly what: string;
  readonly size: number;
  readonly ours: number;
  readonly theirs: number;
  readonly rival: string;
  readonly ratio: number;
  readonly budget: number | null;
  readonly verdict: Verdict;
  readonly print: (value: number) => string;
}

const width = 960;
const left = 370;
const longest = 260;
const right = width - 16;
const top = 64;
const pitch = 44;

/** Colours of text, muted text, ours, ours over budget, the rival's, the budget's mark, the ground. */
const light = ['#1f2328', '#59636e', '#2f6fde', '#c4541a', '#a8b1bb', '#1f2328', '#ffffff'];
const dark = ['#e6edf3', '#9198a1', '#6ea3ff', '#f0883e', '#59636e', '#e6edf3', '#0d1117'];

const style = (colours: readonly string[]): string => {
  const [text, muted, ours, over, rival, mark, ground] = colours;
  return `text{fill:${text}}.m{fill:${muted}}.o{fill:${ours}}.v{fill:${over}}.r{fill:${rival}}.b{stroke:${mark}}.g{fill:${ground}}`;
};

/**
 * What has a rival, as an SVG that needs nothing else: two bars a row, each row on a scale of its own, the ratio at the right, the
 * budget as a line that fleet's bar should not cross. It follows the reader's choice of light or dark.
 */
export function chart(report: Report): string {
  const pairs = report.rows.flatMap(pairOf);
  const notes = circumstances(report);
  const height = top + pairs.length * pitch + notes.length * 16 + 20;
  const below = top + pairs.length * pitch + 16;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="13">`,
    '<title id="title">fleet beside its rivals</title>',
    `<style>${style(light)}.b{stroke-width:2}@media (prefers-color-scheme:dark){${style(dark)}}</style>`,
    `<rect class="g" width="${width}" height="${height}"/>`,
    text(16, 26, 'fleet beside its rivals', { size: 17 }),
    text(16, 46, 'Shorter is better. Upper bar: fleet; lower: the rival. Each row has a scale of its own. The line is the budget.', { muted: true }),
    ...pairs.flatMap((pair, index) => rowOf(pair, top + index * pitch)),
    ...notes.map((note, index) => text(16, below + index * 16, note, { muted: true, size: 11 })),
    '</svg>',
    '',
  ].join('\n'); // prettier-ignore
}

function pairOf(row: Row): readonly Pair[] {
  const ratio = ratioOf(row);
  if (row.kind === 'count' || row.rival === null || ratio === null) return [];
  const { what, size, budget, kind } = row;
  const values = { ours: oursOf(row), theirs: rivalsOf(row) ?? 0, rival: row.rival.name, ratio, budget };
  const print = kind === 'time' ? (value: number): string => `${milliseconds(value)} ms` : figure;
  return [{ what, size, ...values, verdict: verdictOf(row), print }];
}

function rowOf(pair: Pair, y: number): readonly string[] {
  const { what, size, ours, theirs, rival, ratio, budget, verdict, print } = pair;
  const limit = budget === null ? null : budget * theirs;
  const most = Math.max(ours, theirs, limit ?? 0);
  const length = (value: number): number => Math.max(1, (value / most) * longest);
  const mark = limit === null ? 0 : length(limit);
  const allowed = budget === null ? '' : `≤ ${budget}${verdict === 'over' ? ', over' : ''}`;
  return [
    text(16, y + 14, what),
    text(16, y + 30, size === 1 ? '1 agent' : `${size} agents`, { muted: true, size: 11 }),
    bar(y + 4, length(ours), verdict === 'over' ? 'v' : 'o'),
    bar(y + 20, length(theirs), 'r'),
    ...(limit === null ? [] : [`<line class="b" x1="${round(left + mark)}" y1="${y + 1}" x2="${round(left + mark)}" y2="${y + 18}"/>`]),
    text(left + Math.max(length(ours), mark) + 6, y + 14, `fleet, ${print(ours)}`, { size: 12 }),
    text(left + length(theirs) + 6, y + 30, `${rival}, ${print(theirs)}`, { size: 12, muted: true }),
    text(right, y + 14, `${ratio.toFixed(2)} ×`, { end: true }),
    text(right, y + 30, allowed, { end: true, muted: true, size: 11 }),
  ]; // prettier-ignore
}

const bar = (y: number, length: number, kind: string): string =>
  `<rect class="${kind}" x="${left}" y="${y}" width="${round(length)}" height="12" rx="2"/>`;

function text(x: number, y: number, words: string, { muted = false, end = false, size = 13 } = {}): string {
  const more = `${muted ? ' class="m"' : ''}${end ? ' text-anchor="end"' : ''}${size === 13 ? '' : ` font-size="${size}"`}`;
  return words === '' ? '' : `<text x="${round(x)}" y="${y}"${more}>${escaped(words)}</text>`;
}

const round = (value: number): string => String(Number(value.toFixed(1)));

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Characters that XML has no way to write are left out. */
const escaped = (words: string): string =>
  // eslint-disable-next-line no-control-regex -- those are meant
  words.replace(/[\u0000-\u001f\ufffe\uffff]/g, '').replace(/[&<>"]/g, (sign) => entities[sign] ?? '');
