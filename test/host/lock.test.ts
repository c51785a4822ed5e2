import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  acquireLock,
  freeClaim,
  lockOwner,
  whileTurnsPass,
  type Lock,
  type LockOwner,
} from '../../src/host/lock.js';
import { isAlive, ownIdentity } from '../../src/host/process.js';
import { bundled } from '../support/bundled.js';
import { temporary } from '../support/temporary.js';

async function acquired(
  directory: string,
  purpose = 'test',
  timeoutMs = 0,
  more: Parameters<typeof acquireLock>[3] = {},
): Promise<Lock> {
  const result = await acquireLock(directory, purpose, timeoutMs, more);
  if (result.kind === 'held') throw new Error(`held by ${result.owner.pid}`);
  // Whoever has a lock makes its directory anew, also where the test has removed that.
  onTestFinished(() => result.lock.release());
  return result.lock;
}
const claims = (directory: string): readonly string[] => fs.readdirSync(directory);
const forge = (directory: string, claim: number, content: unknown): void =>
  fs.writeFileSync(
    path.join(directory, String(claim)),
    typeof content === 'string' ? content : JSON.stringify(content),
  );

describe('a lock', () => {
  test('is had by one, who is named to the other, and by the next after its release', async () => {
    const directory = path.join(temporary(), 'made', 'here');
    const lock = await acquired(directory, 'fleet apply');
    expect(await acquireLock(directory, 'other', 0)).toEqual({
      kind: 'held',
      owner: { ...ownIdentity(), purpose: 'fleet apply' },
    });
    lock.release();
    (await acquired(directory)).release();
    expect(claims(directory)).toHaveLength(1);
  });

  test('tells whether somebody had it since it was looked at', async () => {
    const directory = path.join(temporary(), 'locks');
    expect(freeClaim(directory)).toBeNull();
    const take = async (): Promise<{ claim: number; lock: Lock }> => {
      const result = await acquireLock(directory, 'test', 0);
      if (result.kind === 'held') throw new Error(`held by ${result.owner.pid}`);
      return result;
    };
    (await take()).lock.release();
    const before = freeClaim(directory);
    const undisturbed = await take();
    expect(freeClaim(directory)).toBeNull();
    undisturbed.lock.release();
    const later = await take();
    later.lock.release();
    expect([undisturbed.claim - 1 === before, later.claim - 1 === before]).toEqual([true, false]);
  });

  test('is waited for as long as was asked', async () => {
    const directory = temporary();
    const lock = await acquired(directory);
    const from = performance.now();
    expect((await acquireLock(directory, 'late', 200)).kind).toBe('held');
    expect(performance.now() - from).toBeGreaterThanOrEqual(200);
    const waiting = acquired(directory, 'patient', 20_000);
    lock.release();
    (await waiting).release();
  });

  test('is waited for while others take their turns, and not while one of them keeps it', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const turnsPass = whileTurnsPass(10_000);
    const at = (ms: number, claim: number): boolean => {
      now.mockReturnValue(ms);
      return turnsPass(claim);
    };
    expect([at(0, 4), at(9_000, 4), at(18_000, 5), at(27_000, 6), at(36_999, 6), at(37_000, 6)]).toEqual([
      ...[true, true, true, true, true],
      false,
    ]);
    now.mockRestore();
    const directory = temporary();
    const seen: number[] = [];
    let lock = await acquired(directory);
    const waiting = acquireLock(directory, 'queued', 60_000, {
      isOver: (claim) => {
        if (seen.at(-1) !== claim) seen.push(claim);
        return seen.length === 3;
      },
    });
    for (const turns of [2, 3]) {
      lock.release();
      // Taken before the one that waits looks again.
      lock = await acquired(directory);
      await vi.waitUntil(() => seen.length === turns, { timeout: 20_000 });
    }
    expect(await waiting).toMatchObject({ kind: 'held', owner: { purpose: 'test' } });
    expect(seen).toEqual([seen[0], (seen[0] ?? 0) + 1, (seen[0] ?? 0) + 2]);
    lock.release();
  });

  test('is cleared of what somebody left who was killed while he took it', async () => {
    const directory = temporary();
    for (const name of ['.4194305.k1', `.${process.ppid}.k1`])
      fs.writeFileSync(path.join(directory, name), '');
    await acquired(directory);
    expect(claims(directory)).toEqual([`.${process.ppid}.k1`, '1']);
  });

  const alive = { ...ownIdentity(), purpose: 'x' };
  test.each<readonly [string, unknown]>([
    ['of another boot', { ...alive, bootId: '00000000-0000-0000-0000-000000000000' }],
    ['of an earlier process with the same pid', { ...alive, startTime: '1' }],
    ['of a process that is gone', { ...alive, pid: 4194305 }],
    ['that was torn by a crash', '{"pid":'],
    ['whose bytes a power cut has kept from the disk', '\0'.repeat(100)],
    ['that is empty', ''],
    ['that says nothing of its owner', { purpose: 'x' }],
    ['that was released', 'released'],
  ])('with a claim %s is free', async (_, content) => {
    const directory = temporary();
    forge(directory, 41, content);
    await acquired(directory);
    expect(claims(directory)).toEqual(['42']);
  });

  test('counts the highest claim: a living one below it is overtaken, ten is more than nine', async () => {
    const directory = temporary();
    forge(directory, 9, alive);
    forge(directory, 10, 'released');
    await acquired(directory);
    expect(claims(directory)).toEqual(['11']);
    expect((await acquireLock(directory, 'x', 0)).kind).toBe('held');
  });

  test('with a claim that cannot be read is not free, and that is told', async () => {
    const directory = temporary();
    fs.symlinkSync('41', path.join(directory, '41'));
    await expect(acquireLock(directory, 'x', 0)).rejects.toThrow('ELOOP');
    expect(freeClaim(directory)).toBeNull();
    expect(claims(directory)).toEqual(['41']);
  });

  test('is nobody’s to release but its owner’s, also where its directory was removed and numbers begin anew', async () => {
    const directory = path.join(temporary(), 'locks');
    const before = await acquired(directory);
    fs.rmSync(directory, { recursive: true });
    const after = await acquired(directory);
    before.release();
    expect((await acquireLock(directory, 'x', 0)).kind).toBe('held');
    after.release();
    const again = await acquired(directory);
    fs.rmSync(directory, { recursive: true });
    fs.mkdirSync(directory);
    forge(directory, 2, { ...alive, purpose: 'somebody else' });
    again.release();
    expect(fs.readFileSync(path.join(directory, '2'), 'utf8')).toContain('somebody else');
  });

  test('that was copied with all of the state while somebody had it is his no more, once he has given it back', async () => {
    const directory = path.join(temporary(), 'lock');
    const mine = await acquired(directory);
    const copy = `${directory}.copy`;
    fs.cpSync(directory, copy, { recursive: true });
    expect((await acquireLock(copy, 'second', 0)).kind).toBe('held');
    mine.release();
    // Put back in its place, as from a backup.
    fs.rmSync(directory, { recursive: true });
    fs.renameSync(copy, directory);
    expect(lockOwner(directory)).toBeNull();
    (await acquired(directory)).release();
    expect(lockOwner(directory)).toBeNull();
  });

  describe('that is had for long', () => {
    beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
    afterEach(() => vi.useRealTimers());
    const later = (): unknown => vi.advanceTimersByTime(20_000);

    test('is had again after all of the state was removed, or an old copy of it put in its place', async () => {
      const state = path.join(temporary(), 'state');
      const directory = path.join(state, 'locks', 'controller');
      const lock = await acquired(directory, 'fleet run', 0, { lasting: true });
      const refused = { kind: 'held', owner: { ...ownIdentity(), purpose: 'fleet run' } };
      fs.rmSync(state, { recursive: true });
      later();
      expect(await acquireLock(directory, 'second', 0)).toEqual(refused);
      forge(directory, 41, { ...alive, pid: 4194305 });
      later();
      expect(await acquireLock(directory, 'second', 0)).toEqual(refused);
      expect(claims(directory)).toEqual(['42']);
      lock.release();
      (await acquired(directory)).release();
    });

    test('is not had again where an uninstall has removed all locks meanwhile, unless it is to last', async () => {
      const state = path.join(temporary(), 'state');
      const lock = await acquired(path.join(state, 'locks', 'pass'), 'fleet uninstall');
      fs.rmSync(state, { recursive: true });
      later();
      lock.release();
      expect(fs.existsSync(state)).toBe(false);
    });

    test('that somebody else has since its directory was removed is told as lost', async () => {
      const directory = path.join(temporary(), 'locks', 'controller');
      const lost: unknown[] = [];
      const options = { lasting: true, lost: (owner: LockOwner) => lost.push(owner) };
      await acquired(directory, 'first', 0, options);
      fs.rmSync(directory, { recursive: true });
      later();
      expect(lost).toEqual([]);
      fs.rmSync(directory, { recursive: true });
      await acquired(directory, 'second');
      later();
      expect(lost).toEqual([{ ...ownIdentity(), purpose: 'second' }]);
    });

    test('is not taken from whoever has it since its directory was removed, and is had again after him', async () => {
      const directory = path.join(temporary(), 'locks', 'controller');
      const first = await acquired(directory, 'first');
      fs.rmSync(directory, { recursive: true });
      const second = await acquired(directory, 'second');
      later();
      expect(lockOwner(directory)?.purpose).toBe('second');
      second.release();
      later();
      expect(lockOwner(directory)?.purpose).toBe('first');
      first.release();
      later();
      expect(lockOwner(directory)).toBeNull();
    });
  });

  test('whose directory is removed while it is waited for can be had', async () => {
    const directory = path.join(temporary(), 'locks');
    await acquired(directory);
    const waiting = acquired(directory, 'patient', 20_000);
    fs.rmSync(directory, { recursive: true });
    (await waiting).release();
  });

  test('takes no notice of files that are no claims', async () => {
    const directory = temporary();
    for (const name of ['.5', '05', 'x', '99.tmp']) fs.writeFileSync(path.join(directory, name), '');
    await acquired(directory);
    expect(claims(directory)).toContain('1');
  });

  test('in a directory that cannot be made throws', async () => {
    const file = path.join(temporary(), 'file');
    fs.writeFileSync(file, '');
    await expect(acquireLock(path.join(file, 'lock'), 'x', 0)).rejects.toThrow();
  });
});

/** Takes a lock, which fails or not; and once more, beside itself. */
const holder = `
import { acquireLock } from './src/host/lock.js';
const directory = process.argv[2];
const take = () => acquireLock(directory, 'test', 0).catch(() => null);
(await take())?.lock.release();
const second = await take();
const third = await take();
second?.lock?.release();
console.log([second, third].map((one) => one?.kind).join(' '));
`;

test.each([
  ['emptied', '^truncateSync'],
  ['tidied up after', '^rmSync .*lock/[.]'],
])(
  'a claim that cannot be %s is in nobody else’s way, and in its own process’s neither',
  async (_, among) => {
    const directory = temporary();
    const script = bundled(directory, holder);
    const [lock, trace] = ['lock', 'trace'].map((name) => path.join(directory, name)) as [string, string];
    const faults = path.join(import.meta.dirname, '..', 'support', 'faults.cjs');
    const { stdout } = await promisify(execFile)(process.execPath, ['--require', faults, script, lock], {
      env: { ...process.env, FLEET_TEST_FAULT: JSON.stringify({ kind: 'io', at: 1, among, trace }) },
    });
    expect(stdout).toBe('acquired held\n');
    (await acquired(lock)).release();
  },
);

test('a claim that could not be emptied for a moment is in nobody else’s way for long, though its process lives on', async () => {
  const directory = temporary();
  const script = bundled(
    directory,
    `import { acquireLock } from './src/host/lock.js';
     const result = await acquireLock(process.argv[2], 'test', 0);
     result.lock.release();
     console.log('released');
     setInterval(() => undefined, 1000);`,
  );
  const [lock, trace] = ['lock', 'trace'].map((name) => path.join(directory, name)) as [string, string];
  const faults = path.join(import.meta.dirname, '..', 'support', 'faults.cjs');
  const fault = JSON.stringify({ kind: 'io', at: 1, among: '^truncateSync', trace });
  const holding = spawn(process.execPath, ['--require', faults, script, lock], {
    env: { ...process.env, FLEET_TEST_FAULT: fault },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(holding.stdout, 'data');
    expect((await acquireLock(lock, 'other', 0)).kind).toBe('held');
    (await acquired(lock, 'other', 20_000)).release();
  } finally {
    holding.kill('SIGKILL');
  }
});

/**
 * Each contender takes the lock again and again. While it has it, it makes a directory that only one can make, and is
 * killed now and then with the lock in its hands; whoever comes next finds the dead one's directory.
 */
const contender = `
import * as fs from 'node:fs';
import { acquireLock } from './src/host/lock.js';
const [directory, sacred, log, deaths] = process.argv.slice(2);
for (let round = 0; round < 40; round += 1) {
  const result = await acquireLock(directory, 'contest', 60_000);
  if (result.kind === 'held') throw new Error('waited for a minute');
  try {
    fs.mkdirSync(sacred);
  } catch {
    const owner = fs.readFileSync(sacred + '.owner', 'utf8');
    // A dead owner leaves its directory, and may be a zombie for a moment.
    let state = 'gone';
    try { state = /\\) ([A-Z]) /.exec(fs.readFileSync('/proc/' + owner + '/stat', 'utf8'))[1]; } catch {}
    if (!['gone', 'Z', 'X'].includes(state)) fs.appendFileSync(log, 'BROKEN\\n');
  }
  fs.writeFileSync(sacred + '.owner', String(process.pid));
  fs.appendFileSync(log, 'had\\n');
  if (round > 5 && Number(deaths) > 0 && Math.random() < 0.1) process.kill(process.pid, 'SIGKILL');
  await new Promise((resolve) => setImmediate(resolve));
  fs.rmdirSync(sacred);
  result.lock.release();
}
`;

test('many processes, some of them killed with the lock in their hands: never two at once', async () => {
  const directory = temporary();
  const script = bundled(directory, contender);
  const [lock, sacred, log] = ['lock', 'sacred', 'log'].map((name) => path.join(directory, name));
  const ends = Array.from({ length: 8 }, async (_, index) => {
    const child = spawn(process.execPath, [script, lock!, sacred!, log!, index < 5 ? '1' : '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const errors: string[] = [];
    child.stderr.on('data', (data) => errors.push(String(data)));
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return { code, signal, errors: errors.join('') };
  });
  for (const { code, signal, errors } of await Promise.all(ends)) {
    expect(errors).toBe('');
    expect(signal ?? code).toSatisfy((end) => end === 0 || end === 'SIGKILL');
  }
  const lines = fs.readFileSync(log!, 'utf8').trim().split('\n');
  expect(lines).not.toContain('BROKEN');
  expect(lines.length).toBeGreaterThan(150);
  (await acquired(lock!, 'last', 5000)).release();
}, 90_000);

describe('a process', () => {
  test('is alive as long as it is this very one', () => {
    const own = ownIdentity();
    expect(isAlive(own)).toBe(true);
    expect(isAlive({ ...own, startTime: `${own.startTime}0` })).toBe(false);
    expect(isAlive({ ...own, bootId: 'x' })).toBe(false);
    expect(isAlive({ ...own, pid: 4194305 })).toBe(false);
  });

  test('that is a zombie is not', async () => {
    // The child ends once the shell has become sleep, which waits for no child.
    const script =
      'sh -c "until read -r name </proc/$$/comm && [ \\"\\$name\\" = sleep ]; do :; done" & echo $!; exec sleep 600';
    const parent = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(String(line));
    const stat = (): string[] => {
      const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
      return text.slice(text.lastIndexOf(')') + 2).split(' ');
    };
    await expect.poll(() => stat()[0], { timeout: 10_000 }).toBe('Z');
    expect(isAlive({ ...ownIdentity(), pid, startTime: stat()[19]! })).toBe(false);
    parent.kill('SIGKILL');
  }, 20_000);
});
