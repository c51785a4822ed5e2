import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { loadSavedPlan } from '../../src/cli/saved-plan.js';
import { readMessage } from '../../src/cli/talk/text.js';
import { readKeptText, type FileText } from '../../src/host/atomic-file.js';
import { readWholeText } from '../../src/host/regular-file.js';
import { temporary } from '../support/temporary.js';

type Reader = readonly [string, (file: string) => FileText];

const readers: readonly Reader[] = [
  ['that an operator names', (file) => ({ state: 'present', text: readWholeText(file, 100_000, true) })],
  ['with lines of somebody else’s', readKeptText],
  ['of a message', (file) => ({ state: 'present', text: readMessage({ file }) })],
  ['of a saved plan', (file) => ({ state: 'present', text: loadSavedPlan(file).actions })],
];

/** Writes two texts in turns, in place, as an editor does. */
const writer = `const fs = require('node:fs');
const [file, ...texts] = process.argv.slice(1);
for (;;) for (const text of texts) fs.writeFileSync(file, text);`;

test('a file that is replaced in place is never half of one text and half of another', async () => {
  const texts = ['a: 1\n'.repeat(490), 'bb: 22\n'.repeat(490)];
  const file = path.join(temporary(), 'file');
  fs.writeFileSync(file, '');
  const child = spawn(process.execPath, ['-e', writer, file, ...texts], { stdio: 'ignore' });
  try {
    const seen = new Set<string>();
    // On a busy machine the writer may have to wait for its turn.
    for (let tries = 0; tries < 20_000 || !texts.every((text) => seen.has(text)); tries += 1) {
      const content = readKeptText(file);
      seen.add(content.state === 'present' ? content.text : content.state);
    }
    expect([...seen].filter((text) => text !== '' && !texts.includes(text))).toEqual([]);
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}, 30_000);

/** Writes the rest of a file some ms after it is asked to. */
const finisher = `const fs = require('node:fs');
const { parentPort, workerData: { file, rest } } = require('node:worker_threads');
parentPort.on('message', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8);
  fs.appendFileSync(file, rest);
  parentPort.postMessage('done');
});`;

test('a file that an operator names, written half a moment ago, is read when the rest is there', async () => {
  const [half, rest] = ['agents:\n  - name: a\n', '  - name: b\n'];
  const file = path.join(temporary(), 'file');
  const worker = new Worker(finisher, { eval: true, workerData: { file, rest } });
  try {
    const texts: string[] = [];
    // On a busy machine the rest may come late.
    while (!texts.includes(half + rest) && texts.length < 30) {
      fs.writeFileSync(file, half);
      const done = once(worker, 'message');
      worker.postMessage('now');
      texts.push(readWholeText(file, 1000, true));
      await done;
    }
    expect(texts).toContain(half + rest);
  } finally {
    await worker.terminate();
  }
});

test.each(readers)('a pipe in the place of a file %s is not waited for', (_, read) => {
  const pipe = path.join(temporary(), 'pipe');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  const message = (): string => {
    const content = read(pipe);
    throw new Error(content.state === 'unknown' ? content.message : content.state);
  };
  expect(message).toThrow('is not a regular file');
});
