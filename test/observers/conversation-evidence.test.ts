import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { unseen, type Evidence } from '../../src/controller/conversation.js';
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
