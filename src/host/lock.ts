import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removeOrphans } from './left-overs.js';
import { isAlive, ownIdentity, type ProcessIdentity } from './process.js';

/**
 * A lock that needs no helper process and is free as soon as its owner is dead.
 *
 * `directory` holds numbered claims; the highest number counts. A claim names its owner (pid, start time, boot id) or
 * is empty: released. To acquire, a complete claim is linked at highest + 1, which only one of many can do. The highest
 * claim is never removed, so numbers only grow: a contender that looked long ago links a number that is taken or
 * overtaken, and sees that when it looks again.
 */
export interface Lock {
  release(): void;
}

export type LockResult =
  | { readonly kind: 'acquired'; readonly lock: Lock; readonly claim: number }
  | { readonly kind: 'held'; readonly owner: LockOwner };

export interface LockOwner extends ProcessIdentity {
  /** What the owner does, e.g. `fleet apply`. */
  readonly purpose: string;
}

/**
 * @param timeoutMs how long to wait for another owner; 0 tries once
 * @throws node's file system errors, e.g. where the directory cannot be written
 */
export async function acquireLock(
  directory: string,
  purpose: string,
  timeoutMs: number,
): Promise<LockResult> {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const top = highest(directory);
    const owner = top === 0 ? null : ownerOf(path.join(directory, String(top)));
    if (owner !== null && isAlive(owner)) {
      if (performance.now() >= deadline) return { kind: 'held', owner };
      await delay(20);
      continue;
    }
    const claim = top + 1;
    if (tryClaim(directory, claim, purpose)) {
      return { kind: 'acquired', lock: { release: () => release(directory, claim) }, claim };
    }
  }
}

/**
 * The claim that counts, while it is nobody's; null where somebody has the lock. Who is given the next number later knows that
 * nobody has had it in between.
 */
export function freeClaim(directory: string): number | null {
  try {
    const top = highest(directory);
    const owner = top === 0 ? null : ownerOf(path.join(directory, String(top)));
    return owner !== null && isAlive(owner) ? null : top;
  } catch {
    return null;
  }
}

/** Who has the lock right now, or null. Takes nothing. */
export function lockOwner(directory: string): LockOwner | null {
  try {
    const top = highest(directory);
    const owner = top === 0 ? null : ownerOf(path.join(directory, String(top)));
    return owner !== null && isAlive(owner) ? owner : null;
  } catch {
    return null;
  }
}

function tryClaim(directory: string, claim: number, purpose: string): boolean {
  const own = path.join(directory, String(claim));
  const temporary = path.join(directory, `.${process.pid}.${process.hrtime.bigint().toString(36)}`);
  try {
    fs.writeFileSync(temporary, JSON.stringify({ ...ownIdentity(), purpose }), { mode: 0o600, flag: 'wx' });
    fs.linkSync(temporary, own);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
  if (highest(directory) !== claim) {
    fs.rmSync(own, { force: true });
    return false;
  }
  for (const name of fs.readdirSync(directory)) {
    if (isClaim(name) && Number(name) < claim) fs.rmSync(path.join(directory, name), { force: true });
  }
  removeOrphans(directory, /^\.([1-9][0-9]*)\.[0-9a-z]+$/);
  return true;
}

function release(directory: string, claim: number): void {
  // Needs no space, so a full disk cannot keep it: an empty claim is nobody's.
  fs.truncateSync(path.join(directory, String(claim)), 0);
}

function highest(directory: string): number {
  return fs
    .readdirSync(directory)
    .filter(isClaim)
    .reduce((top, name) => Math.max(top, Number(name)), 0);
}

const isClaim = (name: string): boolean => /^[1-9][0-9]*$/.test(name);

function ownerOf(file: string): LockOwner | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    // Released, removed by a later owner, or torn by a crashed machine: nobody's.
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { pid, startTime, bootId, purpose } = parsed as Record<string, unknown>;
  return typeof pid === 'number' && typeof startTime === 'string' && typeof bootId === 'string'
    ? { pid, startTime, bootId, purpose: typeof purpose === 'string' ? purpose : 'fleet' }
    : null;
}
