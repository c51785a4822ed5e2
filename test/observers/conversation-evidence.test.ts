import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { evidenceOf } from '../../src/observers/conversation-evidence.js';
import { CODEX_CONVERSATION } from '../../src/roster/conversations.js';
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
