import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { createContext } from '../../src/cli/context.js';
import { writeExport } from '../../src/cli/export-file.js';
import { replaceRoster } from '../../src/cli/roster-replacement.js';
import { temporary, write } from '../support/temporary.js';

const contextOf = () => {
  const printed: string[] = [];
  const print = (line: string): void => void printed.push(line);
  return { ...createContext({}, { HOME: temporary() }), print, printed };
};
const text = (agent: string): string =>
  `version: 1\ntransport: tmux\nagents:\n  - { name: ${agent}, runtime: pi }\n`;

test('a roster that is put where there was none is for its owner alone', () => {
  const context = contextOf();
  expect(replaceRoster(context, { text: null, roster: null }, text('a'), [])).toBe(true);
  expect(fs.statSync(context.paths.roster).mode & 0o777).toBe(0o600);
});

test('an export over the roster keeps what that said, and loses no edit that was saved meanwhile', async () => {
  const context = contextOf();
  const { roster, state } = context.paths;
  write(roster, text('old'));
  const writing = writeExport(context, roster, text('exported'));
  // The roster has been read; whatever it says now was seen by nobody.
  fs.writeFileSync(roster, text('edited'));
  await expect(writing).rejects.toThrow('was changed by somebody meanwhile; nothing was written');
  expect(fs.readFileSync(roster, 'utf8')).toBe(text('edited'));

  await writeExport(context, roster, text('exported'));
  expect(fs.readFileSync(roster, 'utf8')).toBe(text('exported'));
  const kept = fs.readdirSync(`${state}/revisions`).filter((name) => name.endsWith('.yaml'));
  expect(kept.map((name) => fs.readFileSync(`${state}/revisions/${name}`, 'utf8'))).toContain(text('edited'));
  expect(context.printed.at(-1)).toContain('What it said before is kept as revision');
});
