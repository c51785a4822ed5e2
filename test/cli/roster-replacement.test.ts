import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { createContext } from '../../src/cli/context.js';
import { replaceRoster } from '../../src/cli/roster-replacement.js';
import { temporary } from '../support/temporary.js';

const text = (agent: string): string =>
  `version: 1\ntransport: tmux\nagents:\n  - { name: ${agent}, runtime: pi }\n`;

test('a roster that is put where there was none is for its owner alone', () => {
  const context = createContext({}, { HOME: temporary() });
  replaceRoster(context, { text: null, roster: null }, text('a'), []);
  expect(fs.statSync(context.paths.roster).mode & 0o777).toBe(0o600);
});
