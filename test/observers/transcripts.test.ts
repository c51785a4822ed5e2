import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTimeOf } from '../../src/host/process.js';
import { parseMarked, parseScreens } from '../../src/observers/screen-output.js';
import { claude } from '../../src/observers/transcripts/claude.js';
import { codex } from '../../src/observers/transcripts/codex.js';
import { gemini } from '../../src/observers/transcripts/gemini.js';
import { arrivalInLines } from '../../src/observers/transcripts/lines.js';
import { pi } from '../../src/observers/transcripts/pi.js';
import type { LineTranscript } from '../../src/observers/transcripts/transcript.js';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'transcripts-'));
});
afterEach(() => {
  fs.rmSync(directory, { recursive: true });
});

const facts = { environment: {}, directory: '/', pids: [], commands: [], openFiles: [] };

/** Records as the programs write them. */
const records: readonly (readonly [string, LineTranscript, object])[] = [
  ['claude', claude, { type: 'user', message: { role: 'user', content: 'a    b\n' } }],
  // For which its composer showed a stand-in (2.1.332).
  ['claude, pasted', claude, { type: 'user', message: { role: 'user', content: '\n\n<pasted_content id="35bd">\na    b\n</pasted_content id="35bd">\n' } }],
  ['codex', codex, { type: 'response_item', payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'a\tb' }] } }],
  ['gemini', gemini, { type: 'user', content: [{ text: 'a\tb' }] }],
  ['pi', pi, { type: 'message', message: { role: 'user', content: [{ type: 'text', text: 'a    b' }] } }],
]; // prettier-ignore

test.each(records)('%s: exactly the text, since the position, torn lines and all', (_, reader, record) => {
  const file = path.join(directory, 'x.jsonl');
  const line = `${JSON.stringify(record)}\n`;
  const arrival = (text: string, from: number) =>
    arrivalInLines([file], { files: [{ path: file, size: from }] }, text, false, (entry) =>
      reader.said(entry, facts),
    );
  fs.writeFileSync(file, `{"torn\n${line}`);
  expect(arrival('a\tb\n', 0)).toBe('arrived');
  expect(arrival('a\tb and more', 0)).toBe('absent');
  expect(arrival('a\tb', fs.statSync(file).size)).toBe('absent');
  fs.appendFileSync(file, line.slice(0, -8));
  expect(arrival('a\tb', fs.statSync(file).size - 4)).toBe('absent');
  // Written anew, shorter than before.
  fs.writeFileSync(file, line);
  expect(arrival('a\tb', 10_000)).toBe('arrived');
});

test.each(records)('%s: what others said before with the same words is theirs', (_, reader, record) => {
  const file = path.join(directory, 'x.jsonl');
  const line = `${JSON.stringify(record)}\n`;
  const arrival = (ahead: number) =>
    arrivalInLines([file], { files: [], ahead }, 'a\tb', true, (entry) => reader.said(entry, facts));
  fs.writeFileSync(file, line);
  expect([arrival(0), arrival(1)]).toEqual(['arrived', 'absent']);
  fs.appendFileSync(file, `{}\n${line}`);
  expect([arrival(1), arrival(2)]).toEqual(['arrived', 'absent']);
});

test('one message in two kinds of records is one, and two in one record are two', () => {
  const file = path.join(directory, 'x.jsonl');
  const arrival = (reader: LineTranscript, text: string, ahead: number) =>
    arrivalInLines([file], { files: [], ahead }, text, true, (entry) => reader.said(entry, facts));
  const content = [{ type: 'input_text', text: 'twice' }];
  const kinds = [
    { type: 'response_item', payload: { type: 'message', role: 'user', content } },
    { type: 'event_msg', payload: { type: 'item_completed', item: { type: 'UserMessage', content } } },
  ];
  fs.writeFileSync(file, kinds.map((kind) => `${JSON.stringify(kind)}\n`).join(''));
  expect([arrival(codex, 'twice', 0), arrival(codex, 'twice', 1)]).toEqual(['arrived', 'absent']);
  const text = 'one\n\n[x] two\nlines\n[x] two\nlines\nthree';
  fs.writeFileSync(file, `${JSON.stringify({ type: 'user', content: [{ text }] })}\n`);
  expect([1, 2].map((ahead) => arrival(gemini, '[x] two\nlines', ahead))).toEqual(['arrived', 'absent']);
});

test("words that another message begins with, and says more, are that one's, until they stand by themselves", () => {
  const file = path.join(directory, 'x.jsonl');
  const written = (...texts: readonly string[]): void =>
    fs.writeFileSync(
      file,
      texts.map((text) => `${JSON.stringify({ type: 'user', content: [{ text }] })}\n`).join(''),
    );
  const arrival = (within: number) =>
    arrivalInLines([file], { files: [], within }, '[x] go', true, (entry) => gemini.said(entry, facts));
  written('[x] go\nnow');
  expect([arrival(0), arrival(1)]).toEqual(['arrived', 'absent']);
  // The other was taken back by its human.
  written('[x] go');
  expect(arrival(1)).toBe('arrived');
  // Both in one piece.
  written('[x] go\nnow\n\n[x] go');
  expect(arrival(1)).toBe('arrived');
});

// claude 2.1.332, gemini 0.61: what a text copied from a web page, from a file's name of macOS or of Hebrew holds.
test.each([
  ['cafe\u0301 \u1112\u1161\u11ab \u212b', 'caf\u00e9 \ud55c \u00c5'],
  ['\ufeffan\u200bother exam\u00adple\u2060', 'another example'],
  ['\u200f\u05e9\u05dc\u05d5\u05dd\u200e \u2066x\u2069', '\u05e9\u05dc\u05d5\u05dd x'],
  ['one\u2028two', 'one\ntwo'],
])('what was sent as %j arrived as %j', (sent, written) => {
  const file = path.join(directory, 'x.jsonl');
  fs.writeFileSync(file, `${JSON.stringify({ type: 'user', content: [{ text: written }] })}\n`);
  const arrival = (text: string) =>
    arrivalInLines([file], { files: [] }, text, false, (entry) => gemini.said(entry, facts));
  expect(arrival(sent)).toBe('arrived');
  expect(arrival(`${sent}!`)).toBe('absent');
});

test('claude’s session file counts for the very process that wrote it', () => {
  const root = path.join(directory, '.claude');
  fs.mkdirSync(path.join(root, 'sessions'), { recursive: true });
  const own = { environment: { CLAUDE_CONFIG_DIR: root }, pids: [process.pid] };
  const session = (procStart: string | null): void =>
    fs.writeFileSync(
      path.join(root, 'sessions', `${process.pid}.json`),
      JSON.stringify({ sessionId: 'abc', procStart }),
    );
  session(startTimeOf(process.pid));
  expect(claude.files({ ...facts, ...own })).toMatchObject({
    own: true,
    paths: [`${root}/projects/-/abc.jsonl`],
  });
  // What a power cut left there is another one's: it proves nothing.
  session('1');
  expect(claude.files({ ...facts, ...own })).toMatchObject({ own: false, paths: [] });
});

test('what claude holds while it works is queued', () => {
  const file = path.join(directory, 'x.jsonl');
  fs.writeFileSync(
    file,
    `${JSON.stringify({ type: 'queue-operation', operation: 'enqueue', content: 'x' })}\n`,
  );
  expect(arrivalInLines([file], { files: [] }, 'x', false, (entry) => claude.said(entry, facts))).toBe(
    'queued',
  );
});

test('the file of a codex that has lived for days is found by its lock', () => {
  const root = path.join(directory, '.codex');
  const id = '01a2284a-7e6d-71e0-a731-531a0f5b2b0b';
  const [file = ''] = ['2026/11/29', '2026/11/30', '2026/12/01', '2026/12/02'].map((day) => {
    const sessions = path.join(root, 'sessions', day);
    fs.mkdirSync(sessions, { recursive: true });
    const name = day === '2026/11/29' ? id : id.replace('01a2284a', '01a2284b');
    fs.writeFileSync(path.join(sessions, `rollout-x-${name}.jsonl`), '');
    return path.join(sessions, `rollout-x-${name}.jsonl`);
  });
  const openFiles = [path.join(root, 'thread-writer-locks', `${id}.lock`)];
  const found = codex.files({ ...facts, environment: { HOME: directory }, openFiles });
  expect(found).toEqual({ paths: [file], own: true, late: true, unread: false });
});

/** What is empty is taken for not set, as where a conversation is looked for. */
test.each<readonly [LineTranscript, string, string]>([
  [claude, 'CLAUDE_CONFIG_DIR', '.claude/projects/-/x.jsonl'],
  [codex, 'CODEX_HOME', '.codex/sessions/2026/11/29/x.jsonl'],
  [gemini, 'GEMINI_CLI_HOME', '.gemini/tmp/x/chats/x.jsonl'],
  [pi, 'PI_CODING_AGENT_DIR', '.pi/agent/sessions/x/x.jsonl'],
])('an empty variable leads nowhere', (reader, variable, below) => {
  const file = path.join(directory, below);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, '');
  const environment = { HOME: directory, [variable]: '' };
  expect(reader.files({ ...facts, environment }).paths).toEqual([file]);
});

const user = { type: 'user', content: [{ text: 'x' }] };
const call = (status: string): object => ({ type: 'gemini', content: '', toolCalls: [{ status }] });
const toolResult = { type: 'user', content: [{ functionResponse: { response: {} } }] };
const ofClaude = (content: unknown): object => ({ type: 'user', message: { role: 'user', content } });
const ofPi = (stopReason: string): object => ({
  type: 'message',
  message: { role: 'assistant', stopReason },
});
const ofCodex = (payload: object): object => ({ type: 'event_msg', payload });

/** The last records of a turn, as the programs write them (stopped.test.ts of the agents). */
const turns: readonly (readonly [string, LineTranscript, string, readonly object[]])[] = [
  ['claude, asked', claude, 'open', [ofClaude('x')]],
  ['claude, stopped', claude, 'over', [ofClaude('x'), ofClaude([{ type: 'text', text: '[Request interrupted by user]' }])]],
  ['claude, stopped in a tool', claude, 'over', [ofClaude([{ type: 'text', text: '[Request interrupted by user for tool use]' }])]],
  ['claude, told of a stop', claude, 'open', [ofClaude('why [Request interrupted by user]?')]],
  ['codex, stopped', codex, 'over', [{ type: 'response_item', payload: { type: 'message', role: 'user', content: [] } }, ofCodex({ type: 'turn_aborted', reason: 'interrupted' })]],
  ['codex, asked again', codex, 'open', [ofCodex({ type: 'turn_aborted' }), ofCodex({ type: 'task_started' })]],
  ['pi, stopped', pi, 'over', [ofPi('aborted')]],
  ['pi, in a tool', pi, 'open', [ofPi('toolUse')]],
  ['gemini, answered', gemini, 'over', [user, { type: 'gemini', content: 'x' }]],
  ['gemini, stopped', gemini, 'over', [user, { type: 'info', content: 'Request cancelled.' }, { $set: {} }]],
  ['gemini, told something', gemini, 'open', [user, { type: 'info', content: 'An update is there.' }]],
  ['gemini, in a tool', gemini, 'open', [user, { type: 'gemini', content: '' }, { $set: {} }]],
  ['gemini, after a tool', gemini, 'open', [user, { type: 'gemini', content: '' }, call('success'), toolResult]],
  ['gemini, stopped in a tool', gemini, 'over', [user, { type: 'info', content: 'Request cancelled.' }, call('cancelled'), toolResult]],
]; // prettier-ignore

test.each(turns)('the turn of %s', (_, { turn }, expected, entries) => {
  const seen = entries.flatMap((entry) => turn({ ...entry }) ?? []);
  expect(seen.at(-1)).toBe(expected);
});

test('a screen is read by its height, a title by its bytes; half of either is nothing', () => {
  const bytes = (text: string): string => Buffer.from(text).toString('latin1');
  const title = bytes('ü\nF %9');
  const text = `F %1 10 0 0 0 2 1 2 ${title.length}:${title}\n${bytes('\u001b[2mdim\u001b[0m ü\n\u001b[38;2;2;2;2mnot dim\n')}`;
  expect(parseScreens(text)?.get('%1')).toMatchObject({
    ...{ pid: 10, dead: false, title: 'ü\nF %9' },
    lines: [
      { text: 'dim ü', typed: '    ü' },
      { text: 'not dim', typed: 'not dim' },
    ],
  });
  expect(parseScreens(text.slice(0, -3))).toBeNull();
  expect(parseMarked('A $1 @1 %1 10 5 2:/h 1:a 0: 5:x y\nz\n')).toMatchObject([
    { agent: 'a', home: '/h', pane: '%1', server: 5, unit: null, conversation: 'x y\nz' },
  ]);
  expect(parseMarked('A $1 @1 %1 10 5 2:/h 1:a 0: 9:x\n')).toBeNull();
  expect(parseMarked('A $1 @1 %1 10 5 2:/h 1:a 0:\n')).toBeNull();
});
