import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { leftTraces } from '../../src/observers/conversation-traces.js';
import { temporary } from '../support/temporary.js';

let home: string;
let agent: ChildProcess;
beforeEach(() => {
  home = temporary();
  agent = spawn('sleep', ['infinity'], { cwd: home, env: { PATH: process.env['PATH'], HOME: home } });
});
const accepted = (): string => path.join(home, 'a.accepted');
afterEach(() => agent.kill('SIGKILL'));

test('a process in whose place nothing was written since it started was not spoken to', () => {
  const pid = agent.pid ?? 0;
  expect(leftTraces('claude', pid, accepted())).toBe(false);
  const folder = path.join(home, '.claude', 'projects', home.replace(/[^A-Za-z0-9]/g, '-'));
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'a.jsonl');
  fs.writeFileSync(file, '{}\n');
  expect(leftTraces('claude', pid, accepted())).toBe(true);
  // Of an agent that was here before.
  fs.utimesSync(file, 1000, 1000);
  expect(leftTraces('claude', pid, accepted())).toBe(false);
});

test('one to which fleet delivered a message was', () => {
  fs.writeFileSync(accepted(), '{}');
  expect(leftTraces('claude', agent.pid ?? 0, accepted())).toBe(true);
  fs.utimesSync(accepted(), 1000, 1000);
  expect(leftTraces('claude', agent.pid ?? 0, accepted())).toBe(false);
});

test('where nothing could tell, it may have been', () => {
  expect(leftTraces('none', agent.pid ?? 0, accepted())).toBe(true);
  expect(leftTraces('claude', 2 ** 22 + 1, accepted())).toBe(true);
});

test.each([
  ['claude', () => path.join('.claude', 'projects', home.replace(/[^A-Za-z0-9]/g, '-'))],
  ['codex', () => path.join('.codex', 'sessions')],
  ['pi', () => path.join('.pi', 'agent', 'sessions')],
  ['gemini', () => path.join('.gemini', 'tmp', 'project', 'chats')],
] as const)('where a directory of %s cannot be read, it may have been', (kind, below) => {
  const [pid, directory] = [agent.pid ?? 0, path.join(home, below())];
  fs.mkdirSync(path.dirname(directory), { recursive: true });
  // A file in its place holds no other one.
  fs.writeFileSync(directory, '');
  expect(leftTraces(kind, pid, accepted())).toBe(false);
  fs.rmSync(directory);
  fs.symlinkSync(directory, directory);
  expect(leftTraces(kind, pid, accepted())).toBe(true);
});
