import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { writeAccepted, writeConversations } from '../../src/actuators/conversations.js';
import type { Conversation } from '../../src/controller/conversation.js';
import { acceptedFile, conversationFile } from '../../src/host/paths.js';
import { readConversations } from '../../src/observers/conversations.js';
import { temporaryPaths, write } from '../support/temporary.js';

const conversation: Conversation = {
  ...{ id: 'x', runtime: 'claude', directory: '~/src', origin: 'chosen', createdAt: 1 },
  ...{ accepted: false, unit: null, resumed: null },
};

/** Whether the one on record counts as spoken to, with that in the file of what was delivered. */
function accepted(content: ((file: string) => void) | null): boolean | undefined {
  const paths = temporaryPaths();
  writeConversations(paths, 'a', { current: conversation, former: [] });
  content?.(acceptedFile(paths, 'a'));
  const record = readConversations(paths, 'a');
  return record.known ? record.value.current?.accepted : undefined;
}

test.each<readonly [string, ((file: string) => void) | null, boolean]>([
  ['nothing was delivered', null, false],
  ['to another one', (file) => write(file, '{"holds":"y"}'), false],
  ['to one that showed no id', (file) => write(file, '{"holds":""}'), false],
  ['to it', (file) => write(file, '{"holds":"x"}'), true],
  // In doubt it was: what cannot be read is never nothing.
  ['to nobody knows whom, since that is cut off', (file) => write(file, '{"holds":'), true],
  ['to nobody knows whom, since that is empty', (file) => write(file, ''), true],
  ['to nobody knows whom, since that is no file', (file) => fs.mkdirSync(file), true],
])('%s', (_, content, expected) => {
  expect(accepted(content)).toBe(expected);
});

test('what is damaged speaks for no later conversation', () => {
  const paths = temporaryPaths();
  writeConversations(paths, 'a', { current: conversation, former: [] });
  write(acceptedFile(paths, 'a'), '{');
  writeConversations(paths, 'a', { current: { ...conversation, id: 'later' }, former: [] });
  expect(readConversations(paths, 'a')).toMatchObject({ value: { current: { accepted: false } } });
  expect(fs.existsSync(`${acceptedFile(paths, 'a')}.damaged`)).toBe(true);
  expect(writeAccepted(paths, 'a', 'later')).toBeNull();
  expect(readConversations(paths, 'a')).toMatchObject({ value: { current: { accepted: true } } });
});

test.each<readonly [string, (file: string) => void]>([
  ['cut off', (file) => write(file, '{"former":')],
  ['of another format', (file) => write(file, '{"formatVersion":"9.0","conversations":{}}')],
  ['with a current one that is none', (file) => write(file, '{"current":7,"former":[]}')],
  ['no file', (file) => fs.mkdirSync(file)],
])('a record that is %s is kept beside the one that takes its place', (_, damage) => {
  const paths = temporaryPaths();
  const file = conversationFile(paths, 'a');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  damage(file);
  expect(readConversations(paths, 'a').known).toBe(false);
  expect(writeConversations(paths, 'a', { current: conversation, former: [] })).toBeNull();
  expect(fs.existsSync(`${file}.damaged`)).toBe(true);
  expect(readConversations(paths, 'a')).toMatchObject({ value: { current: { id: 'x' } } });
  writeConversations(paths, 'a', { current: null, former: [] });
  expect(readConversations(paths, 'a')).toMatchObject({ value: { current: null } });
});
