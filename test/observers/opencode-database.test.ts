import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { evidenceOf } from '../../src/observers/conversation-evidence.js';
import { sessionIn, turnOf } from '../../src/observers/opencode-database.js';
import { databaseStamp, readDatabase, recordsOf } from '../../src/observers/sqlite.js';
import { turnIn } from '../../src/observers/transcripts/transcript.js';
import { OPENCODE_CONVERSATION } from '../../src/roster/conversations.js';
import { bundled } from '../support/bundled.js';
import { temporary } from '../support/temporary.js';

const session = (number: number): string => `ses_${String(number).padStart(26, '0')}`;
const source = path.join(import.meta.dirname, 'databases');

let home: string;
let file: string;
beforeEach(() => {
  home = temporary();
  file = path.join(home, '.local/share/opencode/opencode.db');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (const end of ['', '-wal']) fs.copyFileSync(path.join(source, `opencode.db${end}`), `${file}${end}`);
});

/** How the log ends: another length, other bytes. */
const tearLog = (tear: (log: Buffer) => Buffer): void =>
  fs.writeFileSync(`${file}-wal`, tear(fs.readFileSync(`${file}-wal`)));

test('every session is found, with its last message, however deep the trees', () => {
  for (let number = 0; number < 40; number += 2) {
    if (number === 4) continue;
    expect(sessionIn(file, session(number))).toMatchObject({
      exists: true,
      last: { at: 1_795_529_001_000 + number, message: { role: 'assistant', finish: 'stop' } },
    });
  }
  for (let number = 9; number < 40; number += 2)
    expect(sessionIn(file, session(number))).toEqual({ exists: true, last: null });
});

test('what the log holds counts: new, changed and removed', () => {
  expect(sessionIn(file, 'ses_new')).toEqual({ exists: true, last: null });
  expect(sessionIn(file, session(4))).toEqual({ exists: false, last: null });
  expect([1, 3, 5, 7, 9, 6].map((number) => turnOf(sessionIn(file, session(number))!))).toEqual([
    'open', 'open', 'open', 'over', null, 'over',
  ]); // prettier-ignore
  expect(turnIn('opencode', [file], session(3))).toBe('open');
  fs.rmSync(`${file}-wal`);
  expect(sessionIn(file, 'ses_new')).toEqual({ exists: false, last: null });
  expect(sessionIn(file, session(4))).toMatchObject({ exists: true, last: { at: 1_795_529_001_004 } });
  expect(sessionIn(file, session(3))).toEqual({ exists: true, last: null });
});

test('nothing near an id is taken for it', () => {
  for (const id of ['', 'ses_', session(40), `${session(2)}0`, session(2).slice(0, -1), 'zzz'])
    expect(sessionIn(file, id)).toEqual({ exists: false, last: null });
});

test('a transaction that was cut off never happened; the ones before it did', () => {
  tearLog((log) => log.subarray(0, -100));
  // The last one removed the session; the one before that, its messages.
  expect(sessionIn(file, session(4))).toEqual({ exists: true, last: null });
  expect(sessionIn(file, 'ses_new')).toEqual({ exists: true, last: null });
});

test('what an earlier life of the log left behind its end is nothing', () => {
  tearLog((log) => {
    const older = Buffer.from(log.subarray(32));
    for (let at = 0; at < older.length; at += 24 + 512) older.writeUInt32BE(1, at + 8);
    return Buffer.concat([log.subarray(0, 32), older]);
  });
  expect(sessionIn(file, 'ses_new')).toEqual({ exists: false, last: null });
});

test('unknown, never absent: a page that is being written, another program’s file, a damaged one, another schema', () => {
  const expectUnknown = (): void => expect(sessionIn(file, session(2))).toBeNull();
  tearLog((log) => {
    const torn = Buffer.from(log);
    torn.fill(0, torn.length - 200);
    return torn;
  });
  expectUnknown();
  fs.rmSync(`${file}-wal`);
  const whole = fs.readFileSync(file);
  fs.writeFileSync(file, whole.subarray(0, 600));
  expectUnknown();
  // Every page but the first one.
  fs.writeFileSync(file, Buffer.concat([whole.subarray(0, 512), Buffer.alloc(whole.length - 512)]));
  expectUnknown();
  fs.writeFileSync(file, Buffer.from(whole.toString('latin1').replaceAll('time_created_id_idx', 'time_created_id_xxx'), 'latin1'));
  expectUnknown();
  fs.writeFileSync(file, 'something else');
  expectUnknown();
  fs.rmSync(file);
  expectUnknown();
  // It cannot even be asked for.
  fs.symlinkSync(file, file);
  expectUnknown();
}); // prettier-ignore

test('a log that cannot be opened is not one that is not there, and what could not be told is asked again', () => {
  const program = bundled(
    home,
    `import * as fs from 'node:fs';
     import { sessionIn } from './src/observers/opencode-database.ts';
     const [file, id] = process.argv.slice(2);
     const open = [];
     try { for (;;) open.push(fs.openSync('/dev/null')); } catch {}
     const answers = [];
     // Room for no file, for the database alone, for both.
     for (let round = 0; round < 3; round += 1) {
       answers.push(sessionIn(file, id)?.last?.message.role ?? null);
       fs.closeSync(open.pop());
     }
     console.log(JSON.stringify(answers));`,
  );
  const settled = new Date(Date.now() - 60_000);
  for (const end of ['', '-wal']) fs.utimesSync(`${file}${end}`, settled, settled);
  const words = ['-c', 'ulimit -n 64; exec "$@"', '_', process.execPath, program, file];
  const look = (id: string): unknown =>
    JSON.parse(execFileSync('bash', [...words, id], { encoding: 'utf8' }));
  // The last message of the one is in the log alone, of the other it was.
  expect(look(session(3))).toEqual([null, null, 'assistant']);
  expect(look(session(4))).toEqual([null, null, null]);
});

test('what is written to while it is read is read again, and not for ever', () => {
  let reads = 0;
  const answer = readDatabase(file, ({ page }) => {
    reads += 1;
    if (reads < 3) fs.appendFileSync(file, Buffer.alloc(512));
    return page(1).length;
  });
  expect([answer, reads]).toEqual([512, 3]);
  const before = databaseStamp(file);
  expect(readDatabase(file, () => fs.appendFileSync(file, Buffer.alloc(512)))).toBeNull();
  expect(databaseStamp(file)).not.toBe(before);
});

test('evidence: what was said, by the clock of the last message; a session alone holds nothing', () => {
  const at = (id: string, environment = {}) =>
    evidenceOf(OPENCODE_CONVERSATION.evidence, id, { HOME: home, ...environment }, null);
  expect(at(session(2))).toEqual({ state: 'holds', bytes: null, changedAt: 1_795_529_001_002 });
  expect(at('ses_new')).toEqual({ state: 'empty' });
  expect(at(session(2), { XDG_DATA_HOME: `${home}/.local/share` })).toMatchObject({ state: 'holds' });
  expect(at(session(2), { XDG_DATA_HOME: `${home}/other` })).toEqual({ state: 'empty' });
  expect(at(session(2), { OPENCODE_DB: '/somewhere' })).toEqual({ state: 'unknown' });
  fs.writeFileSync(file, 'damaged');
  expect(at(session(2))).toEqual({ state: 'unknown' });
});

test('a record whose pages lead in circles is left before it fills the memory', () => {
  const pageSize = 65_536;
  const bytes = Buffer.alloc(2 * pageSize);
  bytes.write('SQLite format 3\0', 'latin1');
  bytes.writeUInt16BE(1, 16); // 64 kB
  bytes[100] = 13; // the leaf of a table, with one cell
  bytes.writeUInt16BE(1, 103);
  bytes.writeUInt16BE(200, 108);
  // Its record is as long as 100,000 overflow pages, and the part in this page: most significant digit first, base 128.
  const [local, length] = [8199, 8199 + 100_000 * (pageSize - 4)];
  for (let digit = 0; digit < 5; digit += 1)
    bytes[200 + digit] = (Math.floor(length / 128 ** (4 - digit)) % 128) + (digit < 4 ? 128 : 0);
  bytes[205] = 1;
  bytes.writeUInt32BE(2, 206 + local);
  bytes.writeUInt32BE(2, pageSize); // and the next page is this one
  fs.rmSync(`${file}-wal`);
  fs.writeFileSync(file, bytes);
  let pages = 0;
  const answer = readDatabase(file, (snapshot) => {
    const page = (number: number): Buffer => {
      pages += 1;
      return snapshot.page(number);
    };
    return [...recordsOf({ ...snapshot, page }, 1)];
  });
  expect(answer).toBeNull();
  expect(pages).toBeGreaterThan(100);
  expect(pages * pageSize).toBeLessThan(100 * 1024 * 1024);
});
