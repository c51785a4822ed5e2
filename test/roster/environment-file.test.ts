import { describe, expect, it } from 'vitest';
import {
  parseEnvironmentFile,
  renderEnvironmentFile,
  RESERVED_KEYS,
} from '../../src/roster/environment-file.js';

const site = (text: string) => parseEnvironmentFile(text).site;

describe('systemd’s syntax', () => {
  it.each([
    ['A=b', { A: 'b' }],
    ['  A = b c  \n', { A: 'b c' }],
    ['A="b c"\n', { A: 'b c' }],
    ['A=\'b "c" \\x\'\n', { A: 'b "c" \\x' }],
    ['A="a\\"b\\\\c\\$d\\`e\\f"\n', { A: 'a"b\\c$d`e\\f' }],
    ['A=a\\\nb\n', { A: 'ab' }],
    ['A="a\\\nb\nc"\n', { A: 'ab\nc' }],
    ['A=a\\ \nB=c\n', { A: 'a ', B: 'c' }],
    ['A=a"b"\n', { A: 'a"b"' }],
    ['A="a" b \n', { A: 'ab' }],
    ['A="a"\'b\'\n', { A: 'ab' }],
    ['# A=1\n; B=2\nC=3 # no comment\n', { C: '3 # no comment' }],
    ['# goes on \\\nA=1\n', { A: '1' }],
    ['export A=1\n1A=2\nA-B=3\nno assignment\n=x\nB=4\n', { B: '4' }],
    ['A=1\nA=2\n', { A: '2' }],
    ['A=\nB=""\n', { A: '', B: '' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['A=$HOME ${X} $(id)\n', { A: '$HOME ${X} $(id)' }],
    ['A="open', { A: 'open' }],
    ['__proto__=x\n', Object.fromEntries([['__proto__', 'x']])],
  ])('%j', (text, expected) => {
    expect(Object.entries(site(text))).toEqual(Object.entries(expected));
  });
});

describe('the managed block', () => {
  const managed = { MOSAIC_HOME: '/h', MOSAIC_AGENT_NAME: 'a', KEY: 'a "b" $c `d` \\e\nf', EMPTY: '' };

  it('is written where there is no file, identity first, and read back', () => {
    const text = renderEnvironmentFile(null, managed);
    expect(text.split('\n').slice(1, 4)).toEqual(['MOSAIC_HOME=/h', 'MOSAIC_AGENT_NAME=a', 'EMPTY=']);
    expect(parseEnvironmentFile(text)).toEqual({ site: {}, managed, owned: true });
    expect(parseEnvironmentFile('A=1\n').owned).toBe(false);
  });

  it('keeps a predecessor’s lines byte for byte, behind it, so that they win', () => {
    const before = '# mine\r\nMOSAIC_AGENT_NAME=a\n\n  KEY =  site \nodd line';
    const text = renderEnvironmentFile(before, managed);
    expect(text.endsWith(before)).toBe(true);
    expect(parseEnvironmentFile(text)).toMatchObject({ site: { KEY: 'site' }, managed, owned: true });
  });

  it('is brought up to date in place', () => {
    const block = renderEnvironmentFile(null, managed);
    const text = renderEnvironmentFile(`# top\nA=1\n${block}B=2\n`, { MOSAIC_HOME: '/new' });
    expect(text).toBe(`# top\nA=1\n${renderEnvironmentFile(null, { MOSAIC_HOME: '/new' })}B=2\n`);
  });

  it('moves up where it would win over a site’s line', () => {
    const block = renderEnvironmentFile(null, managed);
    expect(renderEnvironmentFile(`KEY=site\n${block}`, managed)).toBe(`${block}KEY=site\n`);
  });

  it('lets MOSAIC_AGENT_COMMAND out and never writes one', () => {
    const block = renderEnvironmentFile(null, { A: '1' });
    const [begin, ...rest] = block.split('\n');
    const text = [begin, 'MOSAIC_AGENT_COMMAND="run \\', 'me"', ...rest].join('\n');
    expect(parseEnvironmentFile(text)).toMatchObject({
      site: { MOSAIC_AGENT_COMMAND: 'run me' },
      managed: { A: '1' },
    });
    const rendered = renderEnvironmentFile(`${text}B=2\n`, { A: '1', MOSAIC_AGENT_COMMAND: 'x' });
    expect(rendered).toBe(`${block}MOSAIC_AGENT_COMMAND="run \\\nme"\nB=2\n`);
  });

  it('removes copies of itself and halves of its markers', () => {
    const block = renderEnvironmentFile(null, managed);
    const begin = `${block.split('\n')[0] ?? ''}\n`;
    const end = block.slice(block.lastIndexOf('\n', block.length - 2) + 1);
    expect(renderEnvironmentFile(`${end}A=1\n${block}${block}B=2\n${begin}C=3\n`, managed)).toBe(
      `A=1\n${block}B=2\nC=3\n`,
    );
    expect(parseEnvironmentFile(`${begin}A=1\n`)).toEqual({ site: { A: '1' }, managed: {}, owned: false });
  });

  it('is not taken in by markers inside a value', () => {
    const lines = renderEnvironmentFile(null, {}).trimEnd();
    const text = renderEnvironmentFile(null, { KEY: `x\n${lines}\ny` });
    expect(parseEnvironmentFile(text).managed).toEqual({ KEY: `x\n${lines}\ny` });
    expect(renderEnvironmentFile(text, {})).toBe(`${lines}\n`);
  });

  it('identity in site lines is kept in the file but is no site variable', () => {
    const text = RESERVED_KEYS.map((key) => `${key}=x\n`).join('');
    expect(parseEnvironmentFile(text).site).toEqual({});
    expect(renderEnvironmentFile(text, {}).endsWith(text)).toBe(true);
  });
});

describe('lines that set nothing', () => {
  const block = renderEnvironmentFile(null, { A: '1' });
  it('are told by their numbers, never by what stands there', () => {
    const lines = ['A=1', '', 'export B=2', '  export\tC=3', 'D = 4', 'E-E=5', '; comment', 'PEM=-----', '+m8K==', 'export', 'F="6', 'no line of its own"', 'last']; // prettier-ignore
    const ignored = [3, 4, 6, 9, 10, 13].map((line) => ({ line, exported: line === 3 || line === 4 }));
    const { site, ignored: told } = parseEnvironmentFile(lines.join('\n'));
    expect(told).toEqual(ignored);
    expect(site).toEqual({ A: '1', D: '4', PEM: '-----', F: '6\nno line of its own' });
    expect(parseEnvironmentFile(lines.join('\r\n')).ignored).toEqual(ignored);
    expect(parseEnvironmentFile(lines.join('\r')).ignored).toEqual(ignored);
  });

  it('count outside of the block alone, and stay where they are', () => {
    const text = `${block.replace('A=1', 'A=1\nexport X=1')}export B=2\n`;
    expect(parseEnvironmentFile(text).ignored).toEqual([
      { line: text.split('\n').length - 1, exported: true },
    ]);
    expect(renderEnvironmentFile(text, { A: '1' })).toBe(`${block}export B=2\n`);
    expect(parseEnvironmentFile(`${block}B=2\n`)).not.toHaveProperty('ignored');
  });

  it('tells where a variable stands that no agent can be given, but for one that says the same as fleet', () => {
    const lines = 'MOSAIC_AGENT_CLASS=mine\nMOSAIC_AGENT_NAME=coder0\n"TMUX"=\nTMUX_PANE=%1\nUID=0\nA=1\n';
    const told = [[1, 'MOSAIC_AGENT_CLASS'], [3], [4, 'TMUX_PANE'], [5, 'UID']].map(([line, name]) => ({
      ...{ line, exported: false },
      ...(name === undefined ? {} : { name }),
    }));
    const managed = { MOSAIC_AGENT_NAME: 'coder0', MOSAIC_AGENT_CLASS: 'worker' };
    const text = renderEnvironmentFile(null, managed);
    const above = text.split('\n').length - 1;
    expect(parseEnvironmentFile(text + lines).ignored).toEqual(
      told.map((one) => ({ ...one, line: Number(one.line) + above })),
    );
    // Before the first start nobody knows better: the predecessor wrote such lines.
    expect(parseEnvironmentFile(lines).ignored).toEqual(told.slice(1));
  });
});
