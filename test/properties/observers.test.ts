import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineReader, parseMarked, parseScreens } from '../../src/observers/screen-output.js';
import { parseUnitList, parseUnitProperties } from '../../src/observers/systemd-output.js';
import { parseListing } from '../../src/observers/tmux-output.js';
import { claude } from '../../src/observers/transcripts/claude.js';
import { codex } from '../../src/observers/transcripts/codex.js';
import { demo } from '../../src/observers/transcripts/demo.js';
import { gemini } from '../../src/observers/transcripts/gemini.js';
import { pi } from '../../src/observers/transcripts/pi.js';

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
const sized = (text: string): string => `${Buffer.byteLength(text)}:${latin1(text)}`;

/** What a stranger may call a session, set as a mark, or print as a title: whatever looks like a row of ours, too. */
const free = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', 'a b', 'x\nS $1 1 0 1:a', '17:', '\u001b]2;x\u0007', 'é ✋', 'P $1 %1 1 0 1 drawn\n'),
);
const number = fc.nat(99_999);

interface SessionRow {
  readonly id: number;
  readonly name: string;
  readonly marks: readonly string[];
  readonly panes: readonly number[];
}
const sessionRow: fc.Arbitrary<SessionRow> = fc.record({
  ...{ id: number, name: free, marks: fc.tuple(free, free, free, free, free, free, free) },
  panes: fc.array(number, { maxLength: 3 }),
});

const listing = (server: number, rows: readonly SessionRow[]): string =>
  [
    `V ${server}\n`,
    ...rows.map(({ id, name, marks }) => `S $${id} 17 0 ${[name, ...marks].map(sized).join(' ')}\n`),
    ...rows.flatMap(({ id, panes }) =>
      panes.map((pane) => `P $${id} %${pane} 10 0 17 ${pane % 2 === 0 ? 'drawn' : 'blank'}\n`),
    ),
  ].join('');

/** A text that was damaged on its way: cut, with bytes changed, with parts twice. */
const damage = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(40),
    put: fc.oneof(fc.string({ unit: 'binary', maxLength: 5 }), fc.constantFrom('\n', '9'.repeat(400), '-1:')),
  }),
  { minLength: 1, maxLength: 4 },
);
const damaged = (text: string, places: readonly { at: number; length: number; put: string }[]): string =>
  places.reduce((whole, { at, length, put }) => {
    const from = Math.floor(at * whole.length);
    return whole.slice(0, from) + put + whole.slice(from + length);
  }, text);

const runs = { numRuns: 2000 };

describe('what tmux prints', () => {
  const rows = fc.uniqueArray(sessionRow, { maxLength: 5, selector: ({ id }) => id });

  test('is read back as it was, whatever sessions are called', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999 }), rows, (server, sessions) => {
        const read = parseListing(listing(server, sessions));
        expect(read?.server.pid).toBe(server);
        expect(read?.server.sessions.map(({ id, name }) => `${id} ${name}`)).toEqual(
          sessions.map(({ id, name }) => `$${id} ${Buffer.from(name).toString()}`),
        );
      }),
      runs,
    );
  });

  test('and damaged or of any bytes it is refused or makes sense, and shows no session twice', () => {
    const texts = fc.oneof(
      fc.tuple(rows, damage).map(([sessions, places]) => damaged(listing(7, sessions), places)),
      fc.string({ unit: 'binary' }).map((text) => `V 1\n${latin1(text)}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const read = parseListing(text);
        if (read === null) return;
        const ids = read.server.sessions.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(id).toMatch(/^\$[0-9]+$/);
      }),
      runs,
    );
  });

  test('cut off anywhere it shows nothing that was not there', () => {
    fc.assert(
      fc.property(rows, (sessions) => {
        const text = listing(7, sessions);
        const known = new Map(sessions.map(({ id, name }) => [`$${id}`, Buffer.from(name).toString()]));
        for (let end = 0; end < text.length; end += 1) {
          for (const { id, name } of parseListing(text.slice(0, end))?.server.sessions ?? [])
            expect(known.get(id)).toBe(name);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('screens and marked panes never throw, and no line is left with an escape', () => {
    const screen = fc
      .tuple(free, fc.array(free.map((text) => text.replaceAll('\n', ' ')), { maxLength: 4 }))
      .map(([title, lines]) =>
        `F %1 10 0 0 0 2 1 ${lines.length} ${sized(title)}\n${lines.map((one) => `${latin1(one)}\n`).join('')}`); // prettier-ignore
    const marked = fc
      .tuple(free, free, free, free)
      .map((marks) => `A $1 @1 %1 10 5 ${marks.map(sized).join(' ')}\n`);
    const either = fc.oneof(screen, marked, fc.string({ unit: 'binary' }).map(latin1));
    fc.assert(
      fc.property(either, damage, (text, places) => {
        for (const one of [text, damaged(text, places)]) {
          parseMarked(one);
          for (const { lines } of parseScreens(one)?.values() ?? [])
            for (const shown of lines) expect(shown.text).not.toContain('\u001b');
        }
      }),
      runs,
    );
  });

  test('lines of any attributes', () => {
    const piece = fc.constantFrom('\u001b[', '\u001b]8;;', '2', '38', ';', 'm', ':', '\u001b(B', '\u001b', 'x', ' ', '9'.repeat(50)); // prettier-ignore
    fc.assert(
      fc.property(fc.array(piece), (parts) => {
        const { text, typed } = new LineReader().read(parts.join(''));
        expect(text).not.toContain('\u001b');
        expect(typed.length).toBeLessThanOrEqual(text.length);
      }),
      runs,
    );
  });
});

test('what systemctl prints never throws, and half of a list is none', () => {
  const unit = fc.record({
    unit: fc.oneof(
      fc.constantFrom('mosaic-agent@a.service', 'mosaic-fleet.service', '__proto__'),
      fc.string(),
    ),
    active: fc.constantFrom('active', 'failed', 'inactive', 'constructor', 'x'),
    sub: fc.string(),
  });
  fc.assert(
    fc.property(
      fc.array(unit, { maxLength: 4 }),
      damage,
      fc.string({ unit: 'binary' }),
      (units, places, any) => {
        const text = JSON.stringify(units);
        const read = parseUnitList(text);
        expect(read === null).toBe(units.some(({ active }) => active === 'constructor' || active === 'x'));
        for (let end = 0; end < text.length; end += 1) expect(parseUnitList(text.slice(0, end))).toBeNull();
        for (const one of [damaged(text, places), any]) {
          parseUnitList(one);
          parseUnitProperties(one);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('entries of transcripts of any shape are said or not, and never throw', () => {
  const keys = ['type', 'message', 'content', 'text', 'role', 'payload', 'item', 'operation', 'stop_reason', 'stopReason', '__proto__']; // prettier-ignore
  const words = ['user', 'assistant', 'message', 'UserMessage', 'queue-operation', 'enqueue', 'gemini', 'stop', 'end_turn', '\u0000', '\ud800']; // prettier-ignore
  const entry = fc.object({
    key: fc.constantFrom(...keys),
    values: [fc.constantFrom(...words), fc.double(), fc.boolean(), fc.constant(null)],
    maxDepth: 5,
  });
  const facts = { environment: {}, directory: null, pids: [], commands: [], openFiles: [] };
  fc.assert(
    fc.property(entry, (found) => {
      for (const { said, turn } of [claude, codex, demo, gemini, pi]) {
        for (const { text, queued } of said(found, facts)) {
          expect([typeof text, typeof queued]).toEqual(['string', 'boolean']);
        }
        expect(['open', 'over', null]).toContain(turn(found));
      }
    }),
    { numRuns: 5000 },
  );
});
