import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shownConversation } from '../../src/observers/conversation-shown.js';
import { temporary } from '../support/temporary.js';

// What a running process tells of the conversation that its human began in it. The formats are the real programs' own
// (docs/runtimes.md); test/agents/own-reset.test.ts has them written by these.
let home: string;
let agent: ChildProcess;
beforeEach(() => {
  home = temporary();
  agent = spawn('sleep', ['infinity'], { cwd: home, env: { PATH: process.env['PATH'], HOME: home } });
});
afterEach(() => agent.kill('SIGKILL'));
const pid = (): number => agent.pid ?? 0;
/** Epoch milliseconds, so long after the process was started. */
const after = (ms: number): number => Date.now() + ms;
const write = (file: string, text: string, at: number): void => {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  fs.utimesSync(file, at / 1000, at / 1000);
};

describe('codex', () => {
  const lock = (id: string): string => path.join(home, '.codex/thread-writer-locks', `${id}.lock`);
  const [own, tool] = ['01a22500-0000-7000-8000-000000000000', '01a22599-0000-7000-8000-000000000000'];
  /** A program that holds one lock itself and starts another that holds a later one. */
  const holding = async (outer: string | null): Promise<ChildProcess> => {
    fs.mkdirSync(path.dirname(lock(own)), { recursive: true });
    const inner = 'exec 3>"$0"; echo ready; exec sleep infinity';
    const script = `${outer === null ? '' : 'exec 3>"$0"; '}bash -c '${inner}' "$1" & wait`;
    const program = spawn('bash', ['-c', script, lock(own), lock(tool)], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    await once(program.stdout, 'data');
    return program;
  };
  test.each([
    ['its own, not that of a codex which it runs as a tool', own, own],
    ['that of the program in a wrapper', null, tool],
  ])('is in %s', async (_, outer, expected) => {
    const program = await holding(outer);
    try {
      expect(shownConversation('codex', program.pid ?? 0, null)).toBe(expected);
    } finally {
      process.kill(-(program.pid ?? 0), 'SIGKILL');
    }
  });
});

describe('pi', () => {
  const place = (name: string, own = '--fleet-one-0123abcd'): string =>
    path.join(home, `.pi/agent/sessions/--work${own === '' ? '--' : own}`, name);

  test('is in what was written last in the directory that is its own', () => {
    const started = place('a.jsonl');
    expect(shownConversation('pi', pid(), started)).toBeNull();
    write(started, '{}\n', after(600));
    expect(shownConversation('pi', pid(), started)).toBe(started);
    write(place('b.jsonl'), '{}\n', after(700));
    expect(shownConversation('pi', pid(), started)).toBe(place('b.jsonl'));
    // Back in the first one.
    write(started, '{}\n{}\n', after(800));
    expect(shownConversation('pi', pid(), started)).toBe(started);
  });

  test('shows nothing by files of before it was started, or of times to come', () => {
    write(place('b.jsonl'), '{}\n', after(-1000));
    expect(shownConversation('pi', pid(), place('a.jsonl'))).toBeNull();
    write(place('b.jsonl'), '{}\n', after(60_000));
    expect(shownConversation('pi', pid(), place('a.jsonl'))).toBeNull();
  });

  test('shows no file whose name could be anything but a name', () => {
    for (const name of ['\u001b[2J.jsonl', 'a b.jsonl', '--resume\n.jsonl'])
      write(place(name), '{}\n', after(900));
    expect(shownConversation('pi', pid(), place('a.jsonl'))).toBeNull();
    write(place('a.jsonl'), '{}\n', after(700));
    expect(shownConversation('pi', pid(), place('a.jsonl'))).toBe(place('a.jsonl'));
  });

  test('shows nothing where others may write, or its start is not known', () => {
    write(place('b.jsonl', ''), '{}\n', after(700));
    expect(shownConversation('pi', pid(), place('a.jsonl', ''))).toBeNull();
    expect(shownConversation('pi', pid(), null)).toBeNull();
  });
});

describe('gemini', () => {
  const ids = {
    own: '11111111-0000-4000-8000-000000000000',
    next: '22222222-0000-4000-8000-000000000000',
    other: '33333333-0000-4000-8000-000000000000',
  };
  const project = (): string => path.join(home, '.gemini/tmp/work');
  const iso = (ms: number): string => new Date(ms).toISOString();
  const chat = (id: string, at: number, ...said: readonly string[]): void => {
    const lines = [
      { sessionId: id, projectHash: '', startTime: iso(at), lastUpdated: iso(at), kind: 'main' },
      ...said.map((text) => ({ type: 'user', content: [{ text }] })),
    ];
    const file = `${project()}/chats/session-2026-11-29T01-11-${id.slice(0, 8)}.jsonl`;
    write(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), at);
  };
  const typed = (...entries: readonly (readonly [string, number, string])[]): void => {
    const log = entries.map(([sessionId, at, message], messageId) => {
      return { sessionId, messageId, type: 'user', message, timestamp: iso(at) };
    });
    write(`${project()}/logs.json`, JSON.stringify(log, null, 2), Date.now());
  };
  const shown = (): string | null => shownConversation('gemini', pid(), ids.own);

  test.each(['/clear', '/new', '/clear now'])('is in what was begun when %s was typed into it', (word) => {
    chat(ids.own, after(0));
    expect(shown()).toBeNull();
    typed([ids.own, after(50), 'hello'], [ids.own, after(100), word], [ids.own, after(5000), 'more']);
    chat(ids.next, after(250));
    expect(shown()).toBe(ids.next);
  });

  test('of two begun in that moment it is in the one that holds what was typed next', () => {
    chat(ids.own, after(0));
    typed([ids.own, after(100), '/clear'], [ids.other, after(110), 'mine'], [ids.own, after(900), 'more']);
    chat(ids.next, after(250), 'more');
    chat(ids.other, after(300), 'mine');
    expect(shown()).toBe(ids.next);
  });

  test('where nothing tells them apart it shows nothing', () => {
    chat(ids.own, after(0));
    typed([ids.own, after(100), '/clear']);
    chat(ids.next, after(250));
    chat(ids.other, after(300));
    expect(shown()).toBeNull();
    typed([ids.own, after(100), '/clear'], [ids.own, after(900), 'more']);
    chat(ids.next, after(250), 'more');
    chat(ids.other, after(300), 'more');
    expect(shown()).toBeNull();
  });

  test('a word typed into another process, into an earlier one, or without effect counts for nothing', () => {
    chat(ids.own, after(0));
    chat(ids.next, after(250));
    typed([ids.other, after(100), '/clear']);
    expect(shown()).toBeNull();
    typed([ids.own, after(-5000), '/clear']);
    expect(shown()).toBeNull();
    typed([ids.own, after(-100_000), '/clear'], [ids.own, after(20_000), '/clearly']);
    expect(shown()).toBeNull();
    typed([ids.own, after(20_000), '/clear']);
    expect(shown()).toBeNull();
  });

  test('who went back into an earlier one may be in any', () => {
    chat(ids.own, after(0));
    chat(ids.next, after(250));
    typed([ids.own, after(100), '/clear'], [ids.own, after(900), '/resume']);
    expect(shown()).toBeNull();
  });

  test('a damaged or hostile file shows nothing', () => {
    chat(ids.own, after(0));
    typed([ids.own, after(100), '/clear']);
    const file = `${project()}/chats/session-2026-11-29T01-11-22222222.jsonl`;
    for (const id of ['22222222/../../x', '22222222\u001b[2J', ids.other, 7]) {
      write(file, `${JSON.stringify({ sessionId: id, startTime: iso(after(200)) })}\n`, after(250));
      expect(shown()).toBeNull();
    }
    write(file, '{"sessionId":', after(250));
    expect(shown()).toBeNull();
    chat(ids.next, after(250));
    expect(shown()).toBe(ids.next);
    for (const text of ['', '[', '{}', '[null, 7, {}]']) {
      write(`${project()}/logs.json`, text, Date.now());
      expect(shown()).toBeNull();
    }
  });
});
