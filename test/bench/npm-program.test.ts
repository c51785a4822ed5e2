import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { installProgram } from '../../scripts/npm-program.mjs';
import { temporary, write } from '../support/temporary.js';

const tool = { name: 'tool', version: '1.2.3', program: '.bin/tool' };
const before = process.env['PATH'];
let directory = '';
let target = '';

/** An `npm` that does this in the directory it is told. */
const npmDoes = (script: string): void => {
  write(path.join(directory, 'bin', 'npm'), `#!/bin/bash\nwhile [[ $1 != --prefix ]]; do shift; done\ncd "$2" && ${script}\n`, 0o755);
}; // prettier-ignore
const installs = (says: string): string =>
  `mkdir -p node_modules/.bin && printf '#!/bin/sh\\necho ${says}\\n' >node_modules/.bin/tool && chmod +x node_modules/.bin/tool`;

beforeEach(() => {
  directory = temporary();
  target = path.join(directory, 'cache', 'tool-1.2.3');
  process.env['PATH'] = `${path.join(directory, 'bin')}:${before ?? ''}`;
});
afterEach(() => {
  process.env['PATH'] = before;
});

const cached = (): readonly string[] => fs.readdirSync(path.join(directory, 'cache'));

it('moves a program to its place that has told its version, and installs it once', () => {
  npmDoes(installs('1.2.3'));
  expect(installProgram(tool, target)).toBeNull();
  expect(cached()).toEqual(['tool-1.2.3']);
  expect(fs.readdirSync(target).sort()).toEqual(['node_modules', 'package.json']);
  npmDoes('exit 1');
  expect(installProgram(tool, target)).toBeNull();
});

it.each([
  ['npm fails', 'echo no such package >&2; exit 1', 'npm install tool@1.2.3 failed: no such package'],
  ['it is another version', installs('1.2.4'), 'tool@1.2.3 does not run: 1.2.4'],
  ['it is no program', 'mkdir node_modules', 'tool@1.2.3 does not run: spawnSync'],
])('says why not, and leaves nothing: %s', (_, script, problem) => {
  npmDoes(script);
  expect(installProgram(tool, target)).toContain(problem);
  expect(cached()).toEqual([]);
});

it('removes what an installer left that was killed, a day later', () => {
  npmDoes(installs('1.2.3'));
  for (const [name, age] of [['.old-abc', 90_000], ['.new-abc', 60]] as const) {
    fs.mkdirSync(path.join(directory, 'cache', name), { recursive: true });
    const then = Date.now() / 1000 - age;
    fs.utimesSync(path.join(directory, 'cache', name), then, then);
  }
  installProgram(tool, target);
  expect(cached()).toEqual(['.new-abc', 'tool-1.2.3']);
}); // prettier-ignore
