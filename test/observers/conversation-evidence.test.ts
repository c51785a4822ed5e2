import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { unseen, type Evidence } from '../../src/controller/conversation.js';
import { daysOf } from '../../src/observers/codex-days.js';
import { evidenceOf } from '../../src/observers/conversation-evidence.js';
import { isSought, soughtAgain, type ConversationQuestion } from '../../src/observers/conversations.js';
import { CODEX_CONVERSATION, DEMO_CONVERSATION } from '../../src/roster/conversations.js';
import { temporary } from '../support/temporary.js';

test.each(['.jsonl', '.jsonl.zst'])('a conversation of codex is held by its file, be it %s', (end) => {
  const home = temporary();
  const id = '01a22500-0000-7000-8000-000000000000';
  const evidence = (of: string) => evidenceOf(CODEX_CONVERSATION.evidence, of, { HOME: home }, null);
  expect(evidence(id)).toEqual({ state: 'empty' });
  const directory = path.join(home, '.codex/sessions/2026/11/29');
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, `rollout-2026-11-29T12-00-00-${id}${end}`), 'x');
  expect(evidence(id)).toMatchObject({ state: 'holds', bytes: 1 });
  expect(evidence(id.slice(0, -1))).toEqual({ state: 'empty' });
});

describe('the days of a codex id', () => {
  // 2026-11-29T17:11:58Z
  const id = '01a2284a-7e6d-71e0-a731-531a0f5b2b0b';
  const at = Number.parseInt('01a2284a7e6d', 16);
  const day = 86_400_000;

  test('are its own, in any time zone, and the later ones', () => {
    expect(daysOf(id, at)).toEqual(['2026/11/29', '2026/11/28', '2026/11/30']);
    expect(daysOf(id, at + 2 * day).slice(3)).toEqual(['2026/12/01']);
    expect(daysOf(id, at + 300 * day)).toHaveLength(302);
    // A clock that was set back.
    expect(daysOf(id, at - day)).toHaveLength(3);
  });

  test.each(['', 'x', '6f1c2a0e-7e6d-41e0-a731-531a0f5b2b0b', '00000000-0000-7000-8000-000000000000'])(
    'are not told by %j',
    (other) => expect(daysOf(other, at)).toEqual([]),
  );

  test.each([
    [id, '2026/11/30'],
    [id, '2026/12/24'],
    ['6f1c2a0e-7e6d-41e0-a731-531a0f5b2b0b', '2021/01/01'],
  ])('%s is found on %s', (of, where) => {
    const home = temporary();
    const directory = path.join(home, '.codex/sessions', where);
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, `rollout-x-${of}.jsonl`), 'x');
    vi.useFakeTimers({ now: at + 30 * day, toFake: ['Date'] });
    try {
      expect(evidenceOf(CODEX_CONVERSATION.evidence, of, { HOME: home }, null)).toMatchObject({
        state: 'holds',
      });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a conversation that is not found', () => {
  const running = { pid: process.pid, unit: null, conversation: 'x', printedNothing: false, lastOutputAt: 0 };
  const question = (runs: ConversationQuestion['running']): ConversationQuestion => ({
    ...{ agent: 'a', runtime: 'demo', shape: DEMO_CONVERSATION, transcript: 'demo', running: runs },
    placeOf: () => DEMO_CONVERSATION.evidence,
    environment: (manager) => ({ HOME: '/nowhere', ...manager }),
  });
  const sight = (state: 'empty' | 'elsewhere' | 'unknown') => ({
    ...unseen,
    evidence: new Map<string, Evidence>([['x', { state }]]),
  });

  test('is sought further where its agent may be started', () => {
    expect(isSought(question(null), sight('empty'))).toBe(true);
    expect(isSought(question(null), sight('unknown'))).toBe(false);
    expect(isSought(question({ ...running, inDoubt: true }), sight('elsewhere'))).toBe(true);
    // Its own process would find it.
    expect(isSought(question({ ...running, inDoubt: true }), sight('empty'))).toBe(false);
  });

  test('is found where the user manager leads', () => {
    const home = temporary();
    fs.mkdirSync(path.join(home, 'conversations'));
    fs.writeFileSync(path.join(home, 'conversations', 'x.jsonl'), '{"type":"user"}\n');
    const again = (manager: Record<string, string> | null) =>
      soughtAgain(question(null), sight('empty'), manager).evidence.get('x');
    expect(again({ DEMO_AGENT_DIR: home })).toMatchObject({ state: 'holds' });
    expect(again({})).toEqual({ state: 'empty' });
    // It did not answer: not found is not absent.
    expect(again(null)).toEqual({ state: 'unknown' });
  });
});
