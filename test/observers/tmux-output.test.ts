import { describe, expect, test } from 'vitest';
import { paneFormat, parseListing, sessionFormat } from '../../src/observers/tmux-output.js';

/** What tmux 3.3a printed: a dead pane, a mark that looks like rows of ours, a linked window, spaces and UTF-8. */
const captured = [
  'V 26518',
  'S $4 1795457606 0 4:dead 0: 0: 0: 0: 0: 0: 0:',
  'S $2 1795457606 0 4:liar 34:x\nP $0 %9 1 0 1 drawn\nS $9 1 1 1:z 0: 0: 0: 0: 0: 0:',
  'S $3 1795457606 0 5:other 0: 0: 0: 0: 0: 0: 0:',
  'S $1 1795457606 2 5:plain 5:plain 12:/home/op/a b 2:%1 8:0123abcd 5:v1:aa 5:v1:bb 0:',
  'S $0 1795457606 0 15:two words ünï 0: 0: 0: 0: 0: 0: 0:',
  'P $4 %5 26537 1 1795457606 blank',
  'P $2 %3 26529 0 1795457606 drawn',
  'P $3 %4 26532 0 1795457606 drawn',
  'P $3 %1 26522 0 1795457606 drawn',
  'P $3 %2 26525 0 1795457606 drawn',
  'P $1 %1 26522 0 1795457606 drawn',
  'P $1 %2 26525 0 1795457606 drawn',
  'P $0 %0 26519 0 1795457606 drawn',
  '',
].join('\n');

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const session = (name: string) =>
  parseListing(bytes(captured))?.server.sessions.find((one) => one.name === name);

describe('a real listing', () => {
  test('has the server and every session', () => {
    const server = parseListing(bytes(captured))?.server;
    expect(server?.pid).toBe(26518);
    expect(server?.sessions.map(({ id, name }) => [id, name])).toEqual([
      ['$4', 'dead'],
      ['$2', 'liar'],
      ['$3', 'other'],
      ['$1', 'plain'],
      ['$0', 'two words ünï'],
    ]);
  });

  test('gives marks as they were set, and null where there is none', () => {
    expect(session('plain')).toMatchObject({
      createdAt: 1795457606,
      attached: 2,
      marks: {
        agent: 'plain',
        home: '/home/op/a b',
        pane: '%1',
        unit: '0123abcd',
        spec: 'v1:aa',
        context: 'v1:bb',
        conversation: null,
      },
    });
    expect(Object.values(session('dead')?.marks ?? {}).every((mark) => mark === null)).toBe(true);
  });

  test('is not fooled by a mark that looks like rows of ours', () => {
    expect(session('liar')?.marks.agent).toBe('x\nP $0 %9 1 0 1 drawn\nS $9 1 1 1:z');
    expect(session('two words ünï')?.panes.map(({ id }) => id)).toEqual(['%0']);
  });

  test('shows dead panes, and the panes of a linked window under both sessions', () => {
    expect(session('dead')?.panes).toEqual([
      { id: '%5', pid: 26537, dead: true, lastOutputAt: 1795457606, blank: true },
    ]);
    expect(session('other')?.panes.map(({ id }) => id)).toEqual(['%4', '%1', '%2']);
    expect(session('plain')?.panes.map(({ id }) => id)).toEqual(['%1', '%2']);
  });
});

test('a listing cut anywhere but between rows is none, and never an exception', () => {
  const text = bytes(captured);
  const whole = parseListing(text)?.server.sessions ?? [];
  const cuts = Array.from({ length: text.length }, (_, at) => [at, parseListing(text.slice(0, at))] as const);
  for (const [at, listing] of cuts) {
    if (listing === null) continue;
    expect(text[at - 1]).toBe('\n');
    for (const { id, marks, name } of listing.server.sessions)
      expect(whole.find((one) => one.id === id)).toMatchObject({ marks, name });
  }
  // One more than rows: none of the line breaks inside the mark is the end of a row.
  expect(cuts.filter(([, listing]) => listing !== null)).toHaveLength(
    captured.split('\n').length - 1 - 2 - 1,
  );
});

test('a server without sessions is a server', () => {
  expect(parseListing('V 7\n')).toEqual({ server: { pid: 7, sessions: [] } });
});

test('a pane of a session that is not listed yet is passed over, a window listed twice counts once', () => {
  const row = 'S $1 5 0 1:a 0: 0: 0: 0: 0: 0: 0:\n';
  const listing = parseListing(`V 7\n${row}P $2 %9 8 0 1 drawn\nP $1 %1 9 0 1 drawn\nP $1 %1 9 0 1 drawn\n`);
  expect(listing?.server.sessions.flatMap(({ panes }) => panes.map(({ id }) => id))).toEqual(['%1']);
});

test.each([
  ['nothing', ''],
  ['no pid', 'V \n'],
  ['pid 0', 'V 0\n'],
  ['no server row', 'S $1 5 0 1:a 0: 0: 0: 0: 0: 0: 0:\n'],
  ['an error message', 'V 7\nlost server\n'],
  ['a length that is too long', 'V 7\nS $1 5 0 9:a 0: 0: 0: 0: 0: 0: 0:\n'],
  ['a length that is too short', 'V 7\nS $1 5 0 1:ab 0: 0: 0: 0: 0: 0: 0:\n'],
  ['a length beyond reason', 'V 7\nS $1 5 0 99999999999999999999:a 0: 0: 0: 0: 0: 0: 0:\n'],
  ['a mark less', 'V 7\nS $1 5 0 1:a 0: 0: 0: 0: 0: 0:\n'],
  ['a mark more', 'V 7\nS $1 5 0 1:a 0: 0: 0: 0: 0: 0: 0: 0:\n'],
  ['a pane without a pid', 'V 7\nP $1 %1  0 1 drawn\n'],
  ['a pane of which it is not told what it shows', 'V 7\nP $1 %1 9 0 1\n'],
  ['carriage returns', 'V 7\r\n'],
])('%s is no listing', (_, text) => {
  expect(parseListing(text)).toBeNull();
});

test("the formats hold no semicolon at a word's end, which would split the tmux command", () => {
  for (const format of [sessionFormat, paneFormat]) expect(format.endsWith(';')).toBe(false);
});
