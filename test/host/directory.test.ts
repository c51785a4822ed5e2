import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileProblem, writeFileAtomic } from '../../src/host/atomic-file.js';
import { makeDirectory } from '../../src/host/directory.js';

let base: string;
beforeEach(() => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), 'directory-'));
});
afterEach(() => {
  fs.rmSync(base, { recursive: true });
});

test('a directory is made with those above it, for the operator alone; one that is there is left', () => {
  makeDirectory(path.join(base, 'a', 'b', 'c'));
  for (const made of ['a', 'a/b', 'a/b/c'])
    expect(fs.statSync(path.join(base, made)).mode & 0o777).toBe(0o700);
  fs.chmodSync(path.join(base, 'a'), 0o755);
  makeDirectory(path.join(base, 'a'));
  expect(fs.statSync(path.join(base, 'a')).mode & 0o777).toBe(0o755);
});

test.each([
  ['a file system that takes no new names', () => '/proc/nope/deeper/x', 'ENOENT'],
  ['a file in the way', () => path.join(base, 'file'), 'EEXIST'],
  ['a file above', () => path.join(base, 'file', 'x'), 'ENOTDIR'],
  ['a link that leads nowhere', () => path.join(base, 'link', 'x'), 'EEXIST'],
])('%s ends it', (_, directory, code) => {
  fs.writeFileSync(path.join(base, 'file'), '');
  fs.symlinkSync(path.join(base, 'nowhere'), path.join(base, 'link'));
  expect(() => makeDirectory(directory())).toThrow(expect.objectContaining({ code }) as Error);
});

test('a file that the operator names is written where its directory is, and nowhere else', () => {
  const write = (file: string): boolean => writeFileAtomic(file, 'x', 0o600, 'synced', 'expected');
  expect(write(path.join(base, 'file'))).toBe(true);
  let problem = '';
  try {
    write(path.join(base, 'typo', 'file'));
  } catch (error) {
    problem = fileProblem(error);
  }
  expect(problem).toBe(`there is no directory ${path.join(base, 'typo')}`);
  expect(fs.existsSync(path.join(base, 'typo'))).toBe(false);
  expect(() => writeFileAtomic('/proc/nope/x', 'x', 0o600)).toThrow('ENOENT');
});
