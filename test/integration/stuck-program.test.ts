import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { bundled } from '../support/bundled.js';
import { temporary } from '../support/temporary.js';

/**
 * A file system (FUSE) that takes every question and answers none: who asks it is in state D, and cannot be killed before this
 * process has ended. Little-endian; linux/fuse.h, protocol 7.12.
 */
const mute = `
import * as fs from 'node:fs';
import { spawnSync } from 'node:child_process';
import { exec } from './src/host/exec.ts';
const [directory] = process.argv.slice(2);
const device = fs.openSync('/dev/fuse', 'r+');
const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
const mounted = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'mute', directory], {
  stdio: ['ignore', 'inherit', 'inherit', device],
});
if (mounted.status !== 0) throw new Error('not mounted');
const request = Buffer.alloc(256 * 1024);
const next = () => new Promise((resolve, reject) =>
  fs.read(device, request, 0, request.length, null, (error) => (error === null ? resolve() : reject(error))));
await next();
const reply = Buffer.alloc(40);
reply.writeUInt32LE(reply.length, 0);
request.copy(reply, 8, 8, 16);
reply.writeUInt32LE(7, 16);
reply.writeUInt32LE(12, 20);
reply.writeUInt32LE(4096, 36);
fs.writeSync(device, reply);
const asked = next();
const result = exec('stat', [directory + '/file'], { timeoutMs: 1000, input: 'x'.repeat(1 << 20) });
await asked;
const stuck = request.readUInt32LE(32);
const ended = await result;
const [, state] = /\\) ([A-Z]) /.exec(fs.readFileSync('/proc/' + stuck + '/stat', 'utf8'));
console.log(JSON.stringify([ended, state]));
`;

test('a program that cannot be killed keeps nobody waiting for it, and no process from its end', () => {
  const directory = temporary();
  const script = bundled(directory, mute);
  const words = [
    '--user',
    '--map-root-user',
    '--mount',
    '--propagation',
    'private',
    process.execPath,
    script,
    directory,
  ];
  const printed = execFileSync('unshare', words, { encoding: 'utf8', timeout: 30_000 });
  expect(JSON.parse(printed)).toEqual([{ kind: 'timeout', program: 'stat', timeoutMs: 1000 }, 'D']);
});
