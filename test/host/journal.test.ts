import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { goesToJournal } from '../../src/host/journal.js';
import { temporary } from '../support/temporary.js';

test('only the very stream that systemd connected is the journal', () => {
  const fd = fs.openSync(path.join(temporary(), 'stream'), 'w');
  const { dev, ino } = fs.fstatSync(fd);
  expect(goesToJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true);
  expect(goesToJournal(fd, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false);
  expect(goesToJournal(fd, { JOURNAL_STREAM: 'x' })).toBe(false);
  expect(goesToJournal(fd, {})).toBe(false);
  fs.closeSync(fd);
  expect(goesToJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(false);
});
