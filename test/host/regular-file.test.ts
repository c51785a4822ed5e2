import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readKeptText, type FileText } from '../../src/host/atomic-file.js';
import { readWholeText } from '../../src/host/regular-file.js';
import { temporary } from '../support/temporary.js';

type Reader = readonly [string, (file: string) => FileText];

const readers: readonly [Reader, Reader] = [
  ['that an operator names', (file) => ({ state: 'present', text: readWholeText(file, 100_000, true) })],
  ['with lines of somebody else’s', readKeptText],
];

/** Writes two texts in turns, in place, as an editor does: in `parts` calls, which `pause` ms lie between. */
const writer = `const fs = require('node:fs');
const [file, parts, pause, ...texts] = process.argv.slice(1);
const wait = (ms) => ms > 0 && Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
process.stdout.write('.');
for (;;)
  for (const text of texts) {
    const handle = fs.openSync(file, 'w');
    const length = text.length / parts;
    for (let part = 0; part < parts; part += 1) {
      fs.writeSync(handle, text.slice(part * length, (part + 1) * length));
      wait(pause);
    }
    fs.closeSync(handle);
    wait(pause * 10);
  }`;

test.each([
  [...readers[0], { parts: 7, pause: 5, rest: 11, times: 60 }],
  [...readers[1], { parts: 1, pause: 0, rest: 0, times: 20_000 }],
] as const)(
  'a file %s is never half of one text and half of another',
  async (_, read, { parts, pause, rest, times }) => {
    const texts = ['a: 1\n'.repeat(490), 'bb: 22\n'.repeat(490)];
    const file = path.join(temporary(), 'file');
    fs.writeFileSync(file, '');
    const child = spawn(process.execPath, ['-e', writer, file, String(parts), String(pause), ...texts], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      await once(child.stdout, 'data');
      const seen = new Set<string>();
      for (let tries = 0; tries < times; tries += 1) {
        if (rest > 0) await setTimeout(rest);
        const content = read(file);
        seen.add(content.state === 'present' ? content.text : content.state);
      }
      expect([...seen].filter((text) => text !== '' && !texts.includes(text))).toEqual([]);
      expect(texts.filter((text) => seen.has(text))).toEqual(texts);
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
  },
);

test.each(readers)('a pipe in the place of a file %s is not waited for', (_, read) => {
  const pipe = path.join(temporary(), 'pipe');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  const message = (): string => {
    const content = read(pipe);
    throw new Error(content.state === 'unknown' ? content.message : content.state);
  };
  expect(message).toThrow('is not a regular file');
});
