import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { acquireLock } from '../../src/host/lock.js';
import { bundled } from '../support/bundled.js';
import { temporary } from '../support/temporary.js';

/** In a pid namespace of its own, as an agent's sandbox is, whose pids are others' outside. */
const sandboxed = (script: string, ...words: readonly string[]) =>
  inNamespace('--mount-proc', process.execPath, script, ...words);
const inNamespace = (...words: readonly string[]) =>
  spawn('unshare', ['-r', '--pid', '--fork', '--kill-child', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

test('a lock is had by one also among sandboxes: who is seen from outside by his process, who is not by the age of his claim', async () => {
  const directory = temporary();
  const script = bundled(
    directory,
    `import { acquireLock } from './src/host/lock.js';
     console.log((await acquireLock(process.argv[2], 'sandboxed', 0)).kind);
     setInterval(() => undefined, 1000);`,
  );
  const lock = path.join(directory, 'lock');
  const said = async (child: ReturnType<typeof sandboxed>): Promise<string> =>
    String((await once(child.stdout, 'data'))[0]).trim();
  const inside = sandboxed(script, lock);
  const others: ReturnType<typeof sandboxed>[] = [];
  try {
    expect(await said(inside)).toBe('acquired');
    const outside = await acquireLock(lock, 'outside', 0);
    expect(outside).toMatchObject({ kind: 'held', owner: { purpose: 'sandboxed' } });
    others.push(sandboxed(script, lock));
    expect(await said(others[0]!)).toBe('held');
    // Whose owner is not seen, and has not said for long that he lives.
    const before = new Date(Date.now() - 120_000);
    fs.utimesSync(path.join(lock, '1'), before, before);
    expect((await acquireLock(lock, 'outside', 0)).kind).toBe('held');
    others.push(sandboxed(script, lock));
    expect(await said(others[1]!)).toBe('acquired');
  } finally {
    for (const child of [inside, ...others]) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
});

test('a lock is had by one also in a sandbox whose /proc is that of the host, and is free with his end', async () => {
  const directory = temporary();
  const script = bundled(
    directory,
    `import { acquireLock } from './src/host/lock.js';
     const [directory, name] = process.argv.slice(2);
     const take = async () => (await acquireLock(directory, name, 0)).kind;
     console.log(name, await take(), await take());
     if (name === 'first') setInterval(() => undefined, 1000);`,
  );
  const shell = `
    "$0" "$1" "$2" first & until [ -s "$2/1" ]; do sleep 0.05; done; sleep 0.5
    "$0" "$1" "$2" second; kill -9 $!; wait $! 2>/dev/null; "$0" "$1" "$2" third`;
  const child = inNamespace('sh', '-c', shell, process.execPath, script, path.join(directory, 'lock'));
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  await once(child, 'close');
  expect(said.split('\n')).toEqual(['first acquired held', 'second held held', 'third acquired held', '']);
});

test('an owner of our own namespace is seen: stopped, for however long, he keeps the lock', async () => {
  const directory = temporary();
  const script = bundled(
    directory,
    `import { acquireLock } from './src/host/lock.js';
     console.log((await acquireLock(process.argv[2], 'stopped', 0)).kind);
     setInterval(() => undefined, 1000);`,
  );
  const lock = path.join(directory, 'lock');
  const owner = spawn(process.execPath, [script, lock], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(owner.stdout, 'data');
    owner.kill('SIGSTOP');
    const before = new Date(Date.now() - 3_600_000);
    fs.utimesSync(path.join(lock, '1'), before, before);
    expect(await acquireLock(lock, 'other', 0)).toMatchObject({ kind: 'held', owner: { pid: owner.pid } });
  } finally {
    owner.kill('SIGKILL');
  }
});
