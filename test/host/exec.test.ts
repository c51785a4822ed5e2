import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { describeExec, exec, start } from '../../src/host/exec.js';
import { temporary } from '../support/temporary.js';

const long = { timeoutMs: 20_000 };
const sh = (script: string, options: Partial<Parameters<typeof exec>[2]> = {}) =>
  exec('/bin/sh', ['-c', script], { ...long, ...options });

/** Whether any process runs the given command line. */
const runs = (words: string): boolean =>
  fs.readdirSync('/proc').some((pid) => {
    try {
      return (
        /^[0-9]+$/.test(pid) &&
        fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() === words
      );
    } catch {
      return false;
    }
  });

test('gives code, stdout and stderr without a change', async () => {
  expect(await sh("printf 'out\\n\\n'; printf ' err ' >&2; exit 3")).toEqual({
    kind: 'exited',
    code: 3,
    stdout: 'out\n\n',
    stderr: ' err ',
  });
});

test('output that nobody wants is not kept, and the end is told all the same', async () => {
  const ignored = { output: 'ignored' } as const;
  expect(await sh('echo out; echo err >&2; exit 3', ignored)).toEqual({
    ...{ kind: 'exited', code: 3, stdout: '', stderr: '' },
  });
  expect(await exec('no-such-program', [], { ...long, ...ignored })).toMatchObject({ kind: 'missing' });
  expect(await sh('sleep 60', { ...ignored, timeoutMs: 100 })).toMatchObject({ kind: 'timeout' });
});

test('words arrive as they are, without a shell', async () => {
  const words = ['', 'two words', '$HOME', ';', "'", 'new\nline', 'ünï'];
  const result = await exec('printf', ['%s|', ...words], long);
  expect(result).toMatchObject({ stdout: words.map((word) => `${word}|`).join('') });
});

test('options are taken behind other words, whatever the caller’s environment says', async () => {
  vi.stubEnv('POSIXLY_CORRECT', '1');
  try {
    expect(await exec('printenv', ['POSIXLY_CORRECT'], long)).toMatchObject({ code: 1 });
    // (GNU cat would look for a file named -n.)
    expect(await exec('cat', ['/dev/null', '-n'], long)).toMatchObject({ code: 0 });
  } finally {
    vi.unstubAllEnvs();
  }
});

test('stdin is what was given, or nothing', async () => {
  expect(await exec('cat', [], { ...long, input: 'typed\n' })).toMatchObject({ code: 0, stdout: 'typed\n' });
  expect(await exec('cat', [], long)).toMatchObject({ code: 0, stdout: '' });
  // More than a pipe holds, for a program that does not read it.
  expect(await exec('true', [], { ...long, input: 'x'.repeat(1 << 20) })).toMatchObject({
    kind: 'exited',
    code: 0,
  });
});

test('latin1 keeps one character per byte', async () => {
  const print = "printf '\\303\\274\\377'";
  expect(await sh(print, { encoding: 'latin1' })).toMatchObject({ stdout: '\u00c3\u00bc\u00ff' });
  expect(await sh(print)).toMatchObject({ stdout: 'ü\ufffd' });
});

test('programs speak plainly, and a variable can be taken away', async () => {
  process.env['FLEET_TEST_GONE'] = 'here';
  const env = { FLEET_TEST_GONE: undefined, FLEET_TEST_SET: 'set' };
  expect(await sh('echo $LC_ALL $SYSTEMD_COLORS $FLEET_TEST_GONE $FLEET_TEST_SET', { env })).toMatchObject({
    stdout: 'C.UTF-8 0 set\n',
  });
  delete process.env['FLEET_TEST_GONE'];
});

describe('what goes wrong is a value', () => {
  test('no such program', async () => {
    const result = await exec('no-such-program', [], long);
    expect(result).toEqual({ kind: 'missing', program: 'no-such-program' });
    expect(describeExec('no-such-program', result)).toBe('no-such-program is not installed or not in PATH');
  });
  test('no such program, and a directory of PATH that has something else of its name, or may not be searched', async () => {
    // For root, who may search everything, a directory in its place is what execvp(3) has the same word for.
    const directory = temporary();
    fs.mkdirSync(path.join(directory, 'no-such-program'));
    const env = { PATH: `${directory}:${process.env['PATH'] ?? ''}` };
    const result = await exec('no-such-program', [], { ...long, env });
    expect(result).toEqual({ kind: 'missing', program: 'no-such-program' });
    fs.rmdirSync(path.join(directory, 'no-such-program'));
    fs.writeFileSync(path.join(directory, 'no-such-program'), '');
    expect(await exec('no-such-program', [], { ...long, env })).toMatchObject({ kind: 'failed' });
  });
  test('a file that is no program', async () => {
    const file = path.join(temporary(), 'plain');
    fs.writeFileSync(file, '');
    expect(await exec(file, [], long)).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('EACCES') as string,
    });
  });
  test('a word longer than the kernel takes', async () => {
    expect((await exec('true', ['x'.repeat(200_000)], long)).kind).toBe('failed');
  });
  test('a program that does not stop talking is ended', async () => {
    expect(await sh('head -c 70000000 /dev/zero; exec sleep 600')).toEqual({
      kind: 'failed',
      message: '/bin/sh printed more than 64 MB',
    });
  });
  test('a signal', async () => {
    const result = await sh('kill -TERM $$');
    expect(result).toEqual({ kind: 'signaled', signal: 'SIGTERM', stderr: '' });
    expect(describeExec('sh', result)).toBe('sh was killed by SIGTERM');
  });
});

describe('after the time is up', () => {
  const timeoutMs = 300;
  const timedOut = (program: string) => ({ kind: 'timeout', program, timeoutMs });

  test('a program that hangs is killed with all it started', async () => {
    const [one, two] = [`${process.pid}1.25`, `${process.pid}2.25`];
    const result = await sh(`trap '' TERM; sleep ${one} & sleep ${two}`, { timeoutMs });
    expect(result).toEqual(timedOut('/bin/sh'));
    expect(describeExec('tmux', { kind: 'timeout', program: 'tmux', timeoutMs: 5000 })).toBe(
      'tmux did not answer within 5s',
    );
    await expect.poll(() => runs(`sleep ${one}`) || runs(`sleep ${two}`), { timeout: 5000 }).toBe(false);
  });

  test('a grandchild that holds the pipe keeps nobody waiting, and is killed', async () => {
    const seconds = `${process.pid}3.25`;
    expect(await sh(`sleep ${seconds} & exit 0`, { timeoutMs })).toEqual(timedOut('/bin/sh'));
    await expect.poll(() => runs(`sleep ${seconds}`), { timeout: 5000 }).toBe(false);
  });

  test('neither does one that has left the group', async () => {
    const directory = temporary();
    const script = `setsid sh -c 'echo $$ >${directory}/pid; exec sleep 600' & exit 0`;
    const from = performance.now();
    expect(await sh(script, { timeoutMs: 1000 })).toEqual({
      kind: 'timeout',
      program: '/bin/sh',
      timeoutMs: 1000,
    });
    expect(performance.now() - from).toBeLessThan(10_000);
    process.kill(Number(fs.readFileSync(path.join(directory, 'pid'), 'utf8')), 'SIGKILL');
  }, 15_000);
});

test.each<readonly [number, string, string]>([
  [1, 'first line\nsecond\n', 'first line'],
  [1, '\n  padded  \n', 'padded'],
  [4, '', 'x exited with 4'],
  [4, ' \n', 'x exited with 4'],
])('an exit with %i and %j is told in one line', (code, stderr, text) => {
  expect(describeExec('x', { kind: 'exited', code, stdout: '', stderr })).toBe(text);
});

test('who did not run himself when the time was up reads what was said before he tells of that', async () => {
  const said = sh('echo said', { timeoutMs: 200 });
  // As one who was stopped, and is continued.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  expect(await said).toMatchObject({ kind: 'exited', stdout: 'said\n' });
  const silent = sh('sleep 60', { timeoutMs: 200 });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  expect(await silent).toMatchObject({ kind: 'timeout' });
});

test('a program that runs on ends when it is stopped, though another holds its pipe', async () => {
  const directory = temporary();
  const script = `setsid sh -c 'echo $$ >${directory}/pid; echo up; exec sleep 600' & exec sleep 600`;
  const [ended, lines] = [{ is: false }, [] as string[]];
  const program = start(
    '/bin/sh',
    ['-c', script],
    (line) => lines.push(line),
    () => (ended.is = true),
  );
  await expect.poll(() => lines, { timeout: 5000 }).toEqual(['up']);
  program.stop();
  await expect.poll(() => ended.is, { timeout: 5000 }).toBe(true);
  process.kill(Number(fs.readFileSync(path.join(directory, 'pid'), 'utf8')), 'SIGKILL');
});
