import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { keptIn } from '../../src/observers/kept-state.js';
import { temporary, write } from '../support/temporary.js';

const hold = { since: 1, until: null, reason: null, by: 'hold' };

test.each<readonly [string, Readonly<Record<string, unknown>>, readonly string[]]>([
  ['nothing at all', {}, []],
  ['locks and what was forgotten', { 'locks/pass/1': '', 'holds.json': { fleet: null, agents: {} } }, []],
  ['conversations', { 'conversations/a.json': {} }, ['conversations']],
  ['a hold', { 'holds.json': { fleet: null, agents: { a: hold } } }, ['holds']],
  ['a hold that is over', { 'holds.json': { fleet: null, agents: { a: { ...hold, until: 5 } } } }, []],
  ['a fleet that was stopped', { 'holds.json': { fleet: hold, agents: {} } }, ['holds']],
  ['what cannot be told', { 'holds.json': '{' }, ['holds']],
  ['a message', { 'outbox/a/0-000000000001-ab.json': 'x' }, ['messages']],
])('a state directory with %s', (_, files, kept) => {
  const state = temporary();
  for (const [name, content] of Object.entries(files))
    write(path.join(state, name), typeof content === 'string' ? content : JSON.stringify(content));
  expect(keptIn(state, 5)).toEqual(kept);
});

test('a directory of conversations that cannot be read counts', () => {
  const state = temporary();
  fs.writeFileSync(path.join(state, 'conversations'), '');
  expect(keptIn(state, 5)).toEqual(['conversations']);
});
