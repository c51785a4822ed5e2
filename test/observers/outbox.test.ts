import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { leaveMessage } from '../../src/actuators/outbox.js';
import type { OutboxEntry } from '../../src/controller/outbox.js';
import { agentsWithMail, readOutbox } from '../../src/observers/outbox.js';

let outbox: string;
let directory: string;
beforeEach(() => {
  outbox = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'outbox-')), 'outbox');
  directory = path.join(outbox, 'a');
});
afterEach(() => fs.rmSync(path.dirname(outbox), { recursive: true, force: true }));

const entry = (text: string): OutboxEntry => ({
  ...{ id: text.length.toString(16), kind: 'message', agent: 'a', text, source: 'host:operator' },
  ...{ createdAt: 1, attempt: null, after: null, addressed: true, left: true, parked: null },
});
const texts = (): unknown => {
  const read = readOutbox(directory);
  return read.known ? read.value.map((stored) => stored.entry.text) : read.message;
};

describe('an outbox', () => {
  test('gives what was left, in its order', () => {
    expect(agentsWithMail(outbox)).toEqual({ known: true, value: [] });
    leaveMessage(directory, entry('first'));
    leaveMessage(directory, entry('the second'));
    expect(texts()).toEqual(['first', 'the second']);
    expect(agentsWithMail(outbox)).toEqual({ known: true, value: ['a'] });
  });

  test('is unknown where one of it is damaged', () => {
    leaveMessage(directory, entry('first'));
    fs.writeFileSync(path.join(directory, '1-000000000002-ab.json'), '{"id":');
    expect(texts()).toContain('is damaged');
  });

  test('holds no more than the name of what a power cut has taken from its sender', () => {
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, '1-000000000001-ab.json'), '');
    expect(texts()).toEqual([]);
    expect(agentsWithMail(outbox)).toEqual({ known: true, value: [] });
    leaveMessage(directory, entry('first'));
    expect(texts()).toEqual(['first']);
    expect(agentsWithMail(outbox)).toEqual({ known: true, value: ['a'] });
  });
});
