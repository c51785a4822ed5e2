import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTimeOf } from '../../src/host/process.js';
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

describe('a codex that holds the locks of several threads', () => {
  const day = Date.UTC(2026, 10, 29, 12);
  /** A thread's id, by when it was begun. */
  const begunAt = (seconds: number): string => {
    const time = (day + seconds * 1000).toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
  };
  const codex = (): string => path.join(home, '.codex');
  /** Its file, written so many seconds after the first thread was begun. */
  const file = (id: string, seconds: number, text: string, directory = '2026/11/29'): void =>
    write(
      path.join(codex(), 'sessions', directory, `rollout-2026-11-29T12-00-00-${id}.jsonl`),
      `${text}\n{"type":"event_msg"}\n`,
      day + seconds * 1000,
    );
  const meta = (id: string, more: object): string => {
    const instructions = { text: 'You are a coding agent. '.repeat(2000) };
    return JSON.stringify({
      type: 'session_meta',
      payload: { id, ...more, base_instructions: instructions },
    });
  };
  const humans = (id: string, seconds: number, directory?: string): void =>
    file(id, seconds, meta(id, { source: 'cli', thread_source: 'user' }), directory);
  const agents = (id: string, seconds: number, parent: string): void => {
    const source = { subagent: { thread_spawn: { parent_thread_id: parent, depth: 1 } } };
    file(id, seconds, meta(id, { parent_thread_id: parent, source }));
  };
  /** What is shown of a process that holds these locks. */
  const shown = async (...ids: readonly string[]): Promise<string | null> => {
    const locks = ids.map((id) => path.join(codex(), 'thread-writer-locks', `${id}.lock`));
    fs.mkdirSync(path.join(codex(), 'thread-writer-locks'), { recursive: true });
    const script = 'for lock; do exec {fd}>"$lock"; done; echo ready; exec sleep infinity';
    const program = spawn('bash', ['-c', script, 'codex', ...locks], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(program.stdout, 'data');
    try {
      return shownConversation('codex', program.pid ?? 0, '');
    } finally {
      program.kill('SIGKILL');
    }
  };
  const [first, second, third, fourth] = [0, 60, 120, 180].map(begunAt) as [string, string, string, string];

  test('is in the one in which its human spoke last', async () => {
    expect(await shown(first, second)).toBe(second);
    humans(first, 10);
    expect(await shown(first, second)).toBe(first);
    humans(second, 70);
    expect(await shown(second, first)).toBe(second);
    // Back in the first one.
    humans(first, 80);
    expect(await shown(first, second)).toBe(first);
  });

  test('is not in a sub-agent’s, however many there are', async () => {
    humans(first, 61);
    agents(second, 62, first);
    expect(await shown(first, second)).toBe(first);
    humans(third, 121);
    agents(fourth, 190, third);
    expect(await shown(first, second, third, fourth)).toBe(third);
  });

  test('by the day at which it was begun, in any time zone', async () => {
    humans(first, 61, '2026/11/30');
    humans(second, 62, '2026/11/28');
    expect(await shown(first, second)).toBe(second);
    humans(first, 63, '2026/11/30');
    expect(await shown(first, second)).toBe(first);
  });

  test('of a file that says nothing it shows nothing', async () => {
    humans(first, 10);
    for (const text of ['', '{', '[]', '{"type":"session_meta"}', 'x'.repeat(2_000_000)]) {
      file(second, 70, text);
      expect(await shown(first, second)).toBeNull();
    }
  });
});

describe('claude', () => {
  const id = '01234567-89ab-4def-8123-456789abcdef';
  const session = (procStart: unknown): void =>
    write(
      path.join(home, `.claude/sessions/${pid()}.json`),
      JSON.stringify({ sessionId: id, procStart }),
      after(0),
    );
  test('is in what its own session file says, whatever else stands in one', () => {
    for (const procStart of [{ toString: 1, valueOf: 1 }, [], null, true, '1']) {
      session(procStart);
      expect(shownConversation('claude', pid(), null)).toBeNull();
    }
    session(startTimeOf(pid()));
    expect(shownConversation('claude', pid(), null)).toBe(id);
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
  const chatFile = (id: string): string =>
    `${project()}/chats/session-2026-11-29T01-11-${id.slice(0, 8)}.jsonl`;
  const chat = (id: string, at: number, ...said: readonly string[]): void => {
    const lines = [
      { sessionId: id, projectHash: '', startTime: iso(at), lastUpdated: iso(at), kind: 'main' },
      ...said.map((text) => ({ type: 'user', content: [{ text }] })),
    ];
    write(chatFile(id), lines.map((line) => `${JSON.stringify(line)}\n`).join(''), at);
  };
  const typed = (...entries: readonly (readonly [string, number, string])[]): void => {
    const log = entries.map(([sessionId, at, message], messageId) => {
      return { sessionId, messageId, type: 'user', message, timestamp: iso(at) };
    });
    write(`${project()}/logs.json`, JSON.stringify(log, null, 2), Date.now());
  };
  /** Long after all that is written here. */
  const later = (): number => after(100_000);
  const shown = (now = later()): string | null => shownConversation('gemini', pid(), ids.own, new Set(), now);

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

  test('until a chat of its own can be there, another process’s is not taken for it', () => {
    chat(ids.own, after(0));
    typed([ids.own, after(100), '/clear']);
    chat(ids.other, after(150));
    expect(shown(after(200))).toBeNull();
    chat(ids.next, after(250));
    expect(shown(after(300))).toBeNull();
    // What was typed next tells at once.
    typed([ids.own, after(100), '/clear'], [ids.own, after(400), 'more']);
    chat(ids.next, after(250), 'more');
    expect(shown(after(500))).toBe(ids.next);
  });

  test('what another agent was started in is not it', () => {
    chat(ids.own, after(0));
    typed([ids.own, after(100), '/clear']);
    chat(ids.other, after(150));
    const seen = (): string | null =>
      shownConversation('gemini', pid(), ids.own, new Set([ids.own, ids.other]), later());
    expect(seen()).toBeNull();
    chat(ids.next, after(250));
    expect(seen()).toBe(ids.next);
  });

  test('in a project of many processes it is found, and not mistaken where there are too many', () => {
    chat(ids.own, after(0));
    typed([ids.own, after(100), '/clear']);
    chat(ids.next, after(250));
    const others = (from: number, to: number): void => {
      for (let other = from; other < to; other += 1)
        chat(`${String(other).padStart(8, '0')}-0000-4000-8000-000000000000`, after(10_000));
    };
    others(0, 100);
    expect(shown()).toBe(ids.next);
    // Another one of that moment, written later: of the newest files alone it would be the only one.
    chat(ids.other, after(300));
    fs.utimesSync(chatFile(ids.other), after(20_000) / 1000, after(20_000) / 1000);
    expect(shown()).toBeNull();
    fs.rmSync(chatFile(ids.other));
    others(100, 300);
    expect(shown()).toBeNull();
  });

  test('a checkpoint that is kept, listed or removed leads nowhere', () => {
    chat(ids.own, after(0));
    chat(ids.next, after(250));
    for (const word of ['/chat save one', '/chat list', '/chat delete one', '/resume save one']) {
      typed([ids.own, after(100), '/clear'], [ids.own, after(5000), word]);
      expect(shown()).toBe(ids.next);
    }
    typed([ids.own, after(100), '/clear'], [ids.own, after(5000), '/chat resume one']);
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
    const strange = { sessionId: ids.own, message: '/clear', timestamp: { toString: 1, valueOf: 1 } };
    for (const text of ['', '[', '{}', '[null, 7, {}]', JSON.stringify([strange])]) {
      write(`${project()}/logs.json`, text, Date.now());
      expect(shown()).toBeNull();
    }
  });
});
