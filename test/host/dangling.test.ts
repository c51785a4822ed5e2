import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { readText, stampOf } from '../../src/host/atomic-file.js';
import { makeDirectory } from '../../src/host/directory.js';
import { keptIn } from '../../src/observers/kept-state.js';
import { observeMemory, rememberedMemory } from '../../src/observers/memory.js';
import { agentsWithMail } from '../../src/observers/outbox.js';
import { temporary } from '../support/temporary.js';

/** As where a disk is not mounted. */
const linkToNowhere = (): { readonly link: string; readonly problem: string } => {
  const link = path.join(temporary(), 'link');
  fs.symlinkSync('/nonexistent/disk', link);
  const what = 'is a symbolic link to /nonexistent/disk, which is not there';
  return { link, problem: `${what}; mount or create it, or remove the link` };
};

test('a file is not absent where a link to it, or above it, leads nowhere', () => {
  const { link, problem } = linkToNowhere();
  for (const file of [link, path.join(link, 'file'), path.join(link, 'deeper', 'file')])
    expect(readText(file)).toEqual({ state: 'unknown', message: `${link}: ${problem}` });
  const beside = path.join(path.dirname(link), 'missing', 'file');
  expect(readText(beside)).toEqual({ state: 'absent' });
  expect(stampOf(link)).not.toBe(stampOf(beside));
});

test('holds, approvals, mail and conversations behind such a link are unknown, not none', () => {
  const { link, problem } = linkToNowhere();
  const unknown = { known: false, message: `${link}: ${problem}` };
  expect(observeMemory(link)).toEqual(unknown);
  expect(agentsWithMail(path.join(link, 'outbox'))).toEqual(unknown);
  expect(keptIn(link, 0)).toEqual(['conversations', 'holds', 'messages']);
  // For who looks again and again, too, as soon as the link is removed.
  const look = rememberedMemory(link);
  expect(look()).toEqual(unknown);
  fs.rmSync(link);
  expect(look()).toMatchObject({ known: true });
});

test('a directory that cannot be made for such a link names it', () => {
  const { link, problem } = linkToNowhere();
  expect(() => makeDirectory(path.join(link, 'locks', 'pass'))).toThrow(`${link} ${problem}`);
});
