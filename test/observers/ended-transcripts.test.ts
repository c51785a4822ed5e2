import * as fs from 'node:fs';
import * as path from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { transcriptOf } from '../../src/observers/transcripts/transcript.js';
import { temporary } from '../support/temporary.js';

let home: string;
let process: ChildProcess;
const begin = (environment: Readonly<Record<string, string>>): number => {
  process = spawn('sleep', ['1000'], { cwd: home, env: { HOME: home, ...environment } });
  return process.pid ?? 0;
};
beforeEach(() => {
  home = temporary();
});
afterEach(() => {
  process.kill('SIGKILL');
});

describe('gemini, whose chats lie beside those of others', () => {
  const chats = (): string => path.join(home, '.gemini/tmp/project/chats');
  const write = (name: string, text: string, at: number): void => {
    const file = path.join(chats(), `session-${name}.jsonl`);
    fs.mkdirSync(chats(), { recursive: true });
    fs.writeFileSync(file, `${JSON.stringify({ type: 'user', content: [{ text }] })}\n`);
    fs.utimesSync(file, at, at);
  };
  test('has not read what a process that has ended did not write down, if all was searched', () => {
    write('own', 'before', 1);
    const transcript = transcriptOf('gemini', begin({}));
    const since = transcript.position();
    expect(transcript.arrival(since, 'to you', true)).toBe('awaited');
    expect(transcript.arrival(since, 'to you', false)).toBe('unknown');
    expect(transcript.arrival(since, 'to you', true, 'ended')).toBe('absent');
    expect(transcript.arrival(since, 'to you', false, 'ended')).toBe('unknown');
    expect(transcript.goesOn(since, 'ended')).toBe(true);
    write('own', 'before\n\nto you', 1);
    expect(transcript.arrival({ files: [] }, 'to you', true, 'ended')).toBe('arrived');
    for (let index = 0; index < 40; index += 1) write(`other${index}`, 'x', 100 + index);
    expect(transcript.arrival({ files: [] }, 'to you', true, 'ended')).toBe('unknown');
  });
});

test('a conversation that has no file yet may be another one', () => {
  const transcript = transcriptOf('codex', begin({ CODEX_HOME: path.join(home, 'codex') }));
  expect(transcript.goesOn({ files: [] }, 'ended')).toBe(false);
  expect(transcript.goesOn({ files: [{ path: '/x', size: 1 }] })).toBe(false);
});

test('what claude held it has read when it stands in a turn as an attachment', () => {
  const lines = [
    { type: 'queue-operation', operation: 'enqueue', content: 'to you' },
    { type: 'attachment', attachment: { type: 'queued_command', prompt: 'to you' } },
  ].map((line) => `${JSON.stringify(line)}\n`);
  const id = '11111111-2222-3333-4444-555555555555';
  const pid = begin({ CLAUDE_CONFIG_DIR: path.join(home, '.claude') });
  const folder = path.join(home, '.claude/projects', home.replaceAll(/[^A-Za-z0-9]/g, '-'));
  fs.mkdirSync(folder, { recursive: true });
  const arrival = (): string => transcriptOf('claude', pid).arrival({ files: [] }, 'to you', true);
  fs.writeFileSync(path.join(folder, `${id}.jsonl`), lines[0] ?? '');
  expect(arrival()).toBe('queued');
  fs.writeFileSync(path.join(folder, `${id}.jsonl`), lines.join(''));
  expect(arrival()).toBe('arrived');
});
