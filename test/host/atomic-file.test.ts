import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileProblem, readText, writeFileAtomic } from '../../src/host/atomic-file.js';
import { unfinishedName } from '../../src/host/left-overs.js';
import { bundled } from '../support/bundled.js';
import { until } from '../support/fleet-sandbox.js';
import { temporary } from '../support/temporary.js';

const mode = (file: string): number => fs.statSync(file).mode & 0o777;
const only = (file: string): readonly string[] => fs.readdirSync(path.dirname(file));

describe('writing', () => {
  test('makes directories for the owner alone, and the file with its mode whatever the umask', () => {
    const file = path.join(temporary(), 'a', 'b', 'file');
    const umask = process.umask(0o077);
    expect(writeFileAtomic(file, 'text', 0o644)).toBe(true);
    process.umask(umask);
    expect([fs.readFileSync(file, 'utf8'), mode(file), mode(path.dirname(file))]).toEqual([
      'text',
      0o644,
      0o700,
    ]);
    expect(only(file)).toEqual(['file']);
  });

  test('the same again writes nothing; another mode or text does', () => {
    const file = path.join(temporary(), 'file');
    writeFileAtomic(file, 'ünï', 0o600);
    const before = fs.statSync(file);
    expect(writeFileAtomic(file, 'ünï', 0o600)).toBe(false);
    expect(fs.statSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(writeFileAtomic(file, 'ünï', 0o640)).toBe(true);
    expect(mode(file)).toBe(0o640);
    expect(writeFileAtomic(file, Buffer.from([0, 255]), 0o640)).toBe(true);
    expect([...fs.readFileSync(file)]).toEqual([0, 255]);
  });

  test('replaces: who has the old file open reads the old text', () => {
    const file = path.join(temporary(), 'file');
    writeFileAtomic(file, 'old', 0o600);
    const handle = fs.openSync(file, 'r');
    writeFileAtomic(file, 'new', 0o600);
    expect(fs.readFileSync(handle, 'utf8')).toBe('old');
    fs.closeSync(handle);
  });

  test('follows a link and leaves it one; one that leads nowhere, or where nobody may look, is refused', () => {
    const directory = temporary();
    const [target, link, dangling] = ['target', 'link', 'dangling'].map((name) => path.join(directory, name));
    fs.writeFileSync(target!, 'old');
    fs.symlinkSync('target', link!);
    writeFileAtomic(link!, 'new', 0o600);
    expect(fs.readlinkSync(link!)).toBe('target');
    expect(fs.readFileSync(target!, 'utf8')).toBe('new');
    fs.symlinkSync('nowhere', dangling!);
    expect(() => writeFileAtomic(dangling!, 'text', 0o600)).toThrow(
      'is a symbolic link to nowhere, which is not there; mount or create it, or remove the link',
    );
    expect(fs.readlinkSync(dangling!)).toBe('nowhere');
    const loop = path.join(directory, 'loop');
    fs.symlinkSync('loop', loop);
    expect(() => writeFileAtomic(loop, 'text', 0o600)).toThrow('ELOOP');
    expect(fs.readdirSync(directory)).toHaveLength(4);
  });

  test('what a killed writer left is removed with the first write beside it; what a living one is at, is not', () => {
    const directory = temporary();
    const killed = 'a.json.4194305.k1.fleet.tmp';
    const [alive, other] = [`a.json.${process.ppid}.k1.fleet.tmp`, 'b.json.4194305.k1.tmp'];
    for (const name of [killed, alive, other]) fs.writeFileSync(path.join(directory, name), 'half');
    writeFileAtomic(path.join(directory, 'b.json'), 'text', 0o600);
    expect(fs.readdirSync(directory)).toEqual([alive, 'b.json', other]);
  });

  test('so is what one left that is dead and not yet reaped', async () => {
    // It ends when its parent is a program that reaps nobody: a shell might have.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const zombie = Number(line.toString());
      const stat = (pid: number): string => fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
      await until('its parent is no shell', () => stat(parent.pid ?? 0).includes('(sleep)'));
      process.kill(zombie, 'SIGKILL');
      await until('it is a zombie', () => stat(zombie).includes(') Z '));
      const directory = temporary();
      fs.writeFileSync(path.join(directory, `a.json.${zombie}.k1.fleet.tmp`), 'half');
      writeFileAtomic(path.join(directory, 'b.json'), 'text', 0o600);
      expect(fs.readdirSync(directory)).toEqual(['b.json']);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  test('so is what one of another pid namespace left, whose pid says nothing here, once nobody can be writing it', () => {
    const directory = temporary();
    const [own] = /[0-9]+/.exec(fs.readlinkSync('/proc/self/ns/pid'))!;
    const [killed, young, old] = [own, '7', '8'].map(
      (namespace) => `a.json.4194305.k1-${namespace}.fleet.tmp`,
    );
    for (const name of [killed, young, old]) fs.writeFileSync(path.join(directory, name!), 'half');
    const before = new Date(Date.now() - 120_000);
    fs.utimesSync(path.join(directory, old!), before, before);
    writeFileAtomic(path.join(directory, 'b.json'), 'text', 0o600);
    expect(fs.readdirSync(directory)).toEqual([young, 'b.json']);
  });

  test('while it is written its name tells who writes it, and of which pid namespace', () => {
    const [own] = /[0-9]+/.exec(fs.readlinkSync('/proc/self/ns/pid'))!;
    expect(unfinishedName('/a')).toMatch(
      new RegExp(`^/a\\.${process.pid}\\.[0-9a-z]+-${own}\\.fleet\\.tmp$`),
    );
  });

  test('in the place of a directory fails, and leaves nothing behind', () => {
    const file = path.join(temporary(), 'file');
    fs.mkdirSync(path.join(file, 'inside'), { recursive: true });
    expect(() => writeFileAtomic(file, 'text', 0o600)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(only(file)).toEqual(['file']);
  });

  test('that fails names the file, and not what it is written to first', () => {
    // The name that is written to first is longer than a name may be.
    const file = path.join(temporary(), 'x'.repeat(250));
    expect(() => writeFileAtomic(file, 'text', 0o600)).toThrow(
      expect.objectContaining({ code: 'ENAMETOOLONG', path: file }),
    );
  });

  test('in the place of a device fails', () => {
    const directory = temporary();
    const link = path.join(directory, 'link');
    const own = path.join(directory, 'null');
    // Nobody but root can make one; for nobody else this directory is open.
    const device = spawnSync('mknod', [own, 'c', '1', '3']).status === 0 ? own : '/dev/null';
    fs.symlinkSync(device, link);
    for (const file of [device, link])
      expect(() => writeFileAtomic(file, 'text', 0o600)).toThrow('is a device; a file is expected');
    expect(fs.statSync(link).isCharacterDevice()).toBe(true);
  });

  test('in the place of an open pipe, as /dev/stdout may be, fails', () => {
    const child = spawn('sleep', ['60'], { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      const file = path.join(temporary(), 'link');
      fs.symlinkSync(`/proc/${child.pid ?? 0}/fd/0`, file);
      expect(() => writeFileAtomic(file, 'text', 0o600, 'synced', 'expected')).toThrow(
        'leads to a pipe or the like, which has no name; a file is expected',
      );
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('below a file fails', () => {
    const file = path.join(temporary(), 'file');
    fs.writeFileSync(file, '');
    expect(() => writeFileAtomic(path.join(file, 'below'), 'text', 0o600)).toThrow(/ENOTDIR|EEXIST/);
  });

  test('beside what cannot be listed is done all the same', () => {
    const directory = temporary();
    const script = bundled(
      directory,
      `
      import * as fs from 'node:fs';
      import { writeFileAtomic } from './src/host/atomic-file.js';
      const file = process.argv[2] + '/file';
      let listed = true;
      try { fs.readdirSync(process.argv[2]); } catch { listed = false; }
      console.log(JSON.stringify([listed, writeFileAtomic(file, 'text', 0o600, 'derived'), fs.readFileSync(file, 'utf8')]));
    `,
    );
    const closed = path.join(directory, 'closed');
    fs.mkdirSync(closed);
    fs.chmodSync(closed, 0o300);
    // Without its capabilities root is a user like others.
    const words = [
      '-r',
      'setpriv',
      '--bounding-set=-all',
      '--inh-caps=-all',
      process.execPath,
      script,
      closed,
    ];
    const result = spawnSync('unshare', words, { encoding: 'utf8' });
    fs.chmodSync(closed, 0o700);
    expect(result.stderr).toBe('');
    expect(JSON.parse(result.stdout)).toEqual([false, true, 'text']);
  });

  test('on a full disk fails with its own words, and the old text stays', () => {
    const directory = temporary();
    const script = bundled(
      directory,
      `
      import * as fs from 'node:fs';
      import { fileProblem, writeFileAtomic } from './src/host/atomic-file.js';
      const file = process.argv[2] + '/file';
      writeFileAtomic(file, 'old', 0o600);
      let problem = 'none';
      try { writeFileAtomic(file, 'x'.repeat(1 << 20), 0o600); } catch (error) { problem = fileProblem(error); }
      console.log(JSON.stringify([problem, fs.readFileSync(file, 'utf8'), fs.readdirSync(process.argv[2])]));
    `,
    );
    const disk = path.join(directory, 'disk');
    fs.mkdirSync(disk);
    const shell = 'mount -t tmpfs -o size=64k none "$2" && exec "$0" "$1" "$2"';
    const result = spawnSync('unshare', ['-rm', 'sh', '-c', shell, process.execPath, script, disk], {
      encoding: 'utf8',
    });
    expect(result.stderr).toBe('');
    expect(JSON.parse(result.stdout)).toEqual([
      'no space left on the disk; free some and run the command again',
      'old',
      ['file'],
    ]);
  });
});

describe('reading', () => {
  test('only a file that does not exist is absent', () => {
    const directory = temporary();
    const file = path.join(directory, 'file');
    expect(readText(file)).toEqual({ state: 'absent' });
    fs.writeFileSync(file, 'text');
    expect(readText(file)).toEqual({ state: 'present', text: 'text' });
    expect(readText(directory)).toEqual({
      state: 'unknown',
      message: `${directory}: is a directory; a file is expected`,
    });
    expect(readText(path.join(file, 'below'))).toMatchObject({ state: 'unknown' });
    fs.symlinkSync('loop', path.join(directory, 'loop'));
    expect(readText(path.join(directory, 'loop'))).toMatchObject({ state: 'unknown' });
  });
});

test.each(['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'ENOSPC', 'EDQUOT', 'EROFS', 'ELOOP'])(
  '%s is told in words, without the code',
  (code) => {
    const text = fileProblem(Object.assign(new Error(`${code}: x`), { code }));
    expect(text).not.toContain(code);
    expect(text.length).toBeGreaterThan(10);
  },
);
test('anything else in its own', () => {
  expect(fileProblem(new Error('odd'))).toBe('odd');
  expect(fileProblem('odd')).toBe('odd');
});
