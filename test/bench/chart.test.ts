import { describe, expect, it } from 'vitest';
import { chart } from '../../bench/chart.js';
import { memory, reportOf, time } from './sample-report.js';

/** What is between the tags of an SVG, in order, entities put back. Throws where it is no well-formed XML. */
function textsOf(svg: string): readonly string[] {
  const open: string[] = [];
  const texts: string[] = [];
  let at = 0;
  for (const { 0: tag, 1: closing, 2: name = '', 3: attributes = '', 4: empty, index } of svg.matchAll(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9:-]+="[^"<&]*")*)(\/?)>/g,
  )) {
    texts.push(plainOf(svg.slice(at, index)));
    at = index + tag.length;
    const names = [...attributes.matchAll(/ ([a-zA-Z0-9:-]+)=/g)].map(([, attribute]) => attribute);
    if (new Set(names).size < names.length) throw new Error(`an attribute twice: ${tag}`);
    if (closing === '/' && open.pop() !== name) throw new Error(`${tag} closes something else`);
    if (closing === '' && empty === '') open.push(name);
  }
  texts.push(plainOf(svg.slice(at)));
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
  return texts.filter((text) => text.trim() !== '');
}

function plainOf(text: string): string {
  if (/[<>]|&(?!amp;|lt;|gt;|quot;)/.test(text)) throw new Error(`not escaped: ${text}`);
  // eslint-disable-next-line no-control-regex -- XML has no such characters
  if (/[\u0000-\u0008\u000b-\u001f]/.test(text)) throw new Error('a control character');
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');
}

/** Left end and width of the bars of a kind: `o` ours, `v` ours over budget, `r` the rivals'. */
const barsOf = (svg: string, kind: string): readonly number[] =>
  [...svg.matchAll(new RegExp(`<rect class="${kind}"[^>]* width="([0-9.]+)"`, 'g'))].map(([, width]) =>
    Number(width),
  );

describe('the chart', () => {
  it('has every row with a rival, its figures, its ratio and its budget', () => {
    const svg = chart(
      reportOf(
        time('plan', 77, 'supervisorctl update', 186, 0.75),
        time('apply', 95, 'pm2 startOrReload', 937, null),
        memory({ name: 'bare node', value: 37 }),
      ),
    );
    const texts = textsOf(svg);
    expect(texts).toEqual(expect.arrayContaining(['plan', 'fleet, 77 ms', 'supervisorctl update, 186 ms', '0.41 ×', '≤ 0.75']));
    expect(texts).toEqual(expect.arrayContaining(['apply', 'fleet, 95 ms', 'pm2 startOrReload, 937 ms', '0.10 ×']));
    expect(texts).toEqual(expect.arrayContaining(['RSS, MB', 'fleet, 48', 'bare node, 37', '1.30 ×', '≤ 1.3']));
    expect(svg.match(/<line /g)).toHaveLength(2);
  }); // prettier-ignore

  it('leaves out what has none, or an absent one', () => {
    const svg = chart(
      reportOf(
        time('plan', 77, 'pm2 list', 'absent', null),
        memory(null),
        memory({ name: "pm2's daemon", value: 'absent' }),
        { kind: 'count', what: 'files it wrote', size: 10, count: 0, expected: 0 },
      ),
    );
    expect(textsOf(svg).join()).not.toMatch(/plan|RSS|files/);
    expect(barsOf(svg, '[ovr]')).toEqual([]);
  });

  it('draws lengths as the figures are, each row by itself', () => {
    const svg = chart(reportOf(time('a', 50, 'x', 200, 0.75), time('b', 3000, 'y', 1500, null)));
    const [ours, alsoOurs] = barsOf(svg, 'o');
    const [theirs, alsoTheirs] = barsOf(svg, 'r');
    expect((ours ?? 0) / (theirs ?? 0)).toBeCloseTo(0.25, 2);
    expect((alsoOurs ?? 0) / (alsoTheirs ?? 0)).toBeCloseTo(2, 2);
  });

  it('says in words and by colour what is over its budget', () => {
    const svg = chart(reportOf(time('bring-up', 300, 'one start', 200, 1.15)));
    expect(textsOf(svg)).toContain('≤ 1.15, over');
    expect([barsOf(svg, 'o').length, barsOf(svg, 'v').length]).toEqual([0, 1]);
  });

  it('escapes what it is told', () => {
    const texts = textsOf(chart(reportOf(time('<b> & "c"\u001b[1m\u0000', 1, '</svg>', 2, null))));
    expect(texts).toEqual(expect.arrayContaining(['<b> & "c"[1m', '</svg>, 2 ms']));
    expect(texts.join()).toContain('A <fast> & "cheap" one');
  });

  it('needs nothing else', () => {
    const svg = chart(reportOf(time('plan', 77, 'supervisorctl update', 186, 0.75)));
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import|<script|href/);
    expect(svg).toContain('prefers-color-scheme:dark');
  });
});
