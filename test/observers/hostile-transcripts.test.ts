import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readRegular } from '../../src/host/regular-file.js';
import { demo } from '../../src/observers/transcripts/demo.js';
import { arrivalInLines, entriesAtEnd, readRecord, sizesOf } from '../../src/observers/transcripts/lines.js';
import { arrivalInDatabase } from '../../src/observers/transcripts/opencode.js';
import { turnIn } from '../../src/observers/transcripts/transcript.js';
import { bundled } from '../support/bundled.js';
import { temporary } from '../support/temporary.js';

const facts = { environment: {}, directory: '/', pids: [], commands: [], openFiles: [] };
const arrival = (file: string, text: string, from = 0) =>
  arrivalInLines([file], { files: [{ path: file, size: from }] }, text, false, (entry) =>
    demo.said(entry, facts),
  );
const line = (text: string): string => `${JSON.stringify({ type: 'user', text })}\n`;

let directory: string;
beforeEach(() => {
  directory = temporary();
});

/** A file of this content in the directory of the tests. */
function written(name: string, content: string | Uint8Array): string {
  const file = path.join(directory, name);
  fs.writeFileSync(file, content);
  return file;
}

describe('what stands in a transcript', () => {
  const hello = Buffer.from(line('hello'));
  test.each([
    ['bytes that are no UTF-8', Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0x80, 0x0a])],
    ['NULs', Buffer.alloc(4096)],
    ['JSON a million brackets deep', Buffer.from(`${'['.repeat(1e6)}\n`)],
    ['objects a hundred thousand deep', Buffer.from(`${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}\n`)],
    [
      'a content a hundred thousand deep',
      Buffer.from(`{"type":"user","text":${'['.repeat(1e5)}${']'.repeat(1e5)}}\n`),
    ],
    ['a line of eight megabytes', Buffer.from(`${'x'.repeat(8e6)}\n`)],
    [
      'fields that every object has',
      Buffer.from('{"__proto__":{"type":"user","text":"never"},"constructor":1}\n'),
    ],
    ['halves of characters', Buffer.from('{"type":"user","text":"\\ud800"}\n{"type":"user","text":"\\u')],
  ])('%s: passed over, and what was said around them is found', (name, garbage) => {
    const file = written(
      name,
      Buffer.concat([garbage, Buffer.from('\n'), hello, garbage, Buffer.from('\n')]),
    );
    expect(arrival(file, 'hello')).toBe('arrived');
    expect(arrival(file, 'never')).toBe('absent');
    expect(() => turnIn('demo', [file], 'an-id')).not.toThrow();
    expect(() => readRecord(file)).not.toThrow();
  });

  test('more than can be read is not read: neither found nor absent', () => {
    const file = written('huge', line('hello'));
    fs.truncateSync(file, 8 * 2 ** 30);
    expect(arrival(file, 'hello')).toBe('unknown');
    expect(readRecord(file)).toBeNull();
    fs.appendFileSync(file, `\n${line('later')}`);
    expect(entriesAtEnd(file, 1000)).toEqual([{ type: 'user', text: 'later' }]);
    // Of a database's log the end alone.
    expect(arrivalInDatabase([file], { files: [{ path: file, size: 100 }] }, 'later')).toBe('arrived');
  });
});

describe('what stands in its place', () => {
  /** Opening one of these in a plain way may never come back, so a process of its own looks. */
  const looked = (file: string): unknown => {
    const program = bundled(
      directory,
      `import { arrivalInLines, entriesAtEnd, readRecord, sizesOf } from './src/observers/transcripts/lines.ts';
       import { arrivalInDatabase } from './src/observers/transcripts/opencode.ts';
       import { turnIn } from './src/observers/transcripts/transcript.ts';
       const [file] = process.argv.slice(2);
       const since = { files: [] };
       console.log(JSON.stringify([
         arrivalInLines([file], since, 'hello', () => []), arrivalInDatabase([file], since, 'hello'),
         entriesAtEnd(file, 1000), readRecord(file),
         turnIn('demo', [file], 'an-id'), turnIn('opencode', [file], 'ses_id'), sizesOf([file]).files[0].size,
       ]));`,
    );
    return JSON.parse(execFileSync(process.execPath, [program, file], { timeout: 20_000, encoding: 'utf8' }));
  };
  const nothing = (first: string) => [first, 'unknown', [], null, null, null, 0];

  test.each<readonly [string, string, (file: string) => unknown]>([
    ['a FIFO', 'unknown', (file) => execFileSync('mkfifo', [file])],
    ['a directory', 'unknown', (file) => fs.mkdirSync(file)],
    ['a link to itself', 'unknown', (file) => fs.symlinkSync(file, file)],
    ['a link to nothing', 'absent', (file) => fs.symlinkSync('/nonexistent', file)],
    ['an endless device', 'unknown', (file) => fs.symlinkSync('/dev/zero', file)],
    ['a terminal', 'unknown', (file) => fs.symlinkSync('/dev/ptmx', file)],
  ])('%s is no transcript, and keeps nobody waiting', (name, first, make) => {
    const file = path.join(directory, `place ${name}`);
    make(file);
    expect(looked(file)).toEqual(nothing(first));
  });
});

test('a file that grows, shrinks and is replaced while it is read', async () => {
  const file = written('moving', line('hello'));
  const script = `while :; do head -c 300000 /dev/zero >>"$0"; : >"$0"; echo '${line('hello').trim()}' >"$0.new"; mv "$0.new" "$0"; done`;
  const writer = spawn('bash', ['-c', script, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  writer.stderr.resume();
  try {
    const seen = new Set<string>();
    for (let tries = 0; tries < 3000; tries += 1) {
      seen.add(arrival(file, 'hello', tries % 7));
      entriesAtEnd(file, 100_000);
      sizesOf([file]);
      expect(readRegular(file, () => 0, 1_000_000)?.length ?? 0).toBeLessThanOrEqual(1_000_000);
    }
    expect([...seen].filter((one) => !['arrived', 'absent', 'unknown'].includes(one))).toEqual([]);
  } finally {
    // Also the program that it has just started, which would go on in a directory that is to be removed.
    const ended = once(writer, 'close');
    writer.kill('SIGKILL');
    await ended;
  }
});
