import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './error-code.js';
import { makeDirectory } from './directory.js';
import { removeOrphans } from './left-overs.js';
import { isElsewhere, isOwnPid, livesElsewhere } from './pid-namespace.js';
import { bootId, isAlive, ownIdentity, type ProcessIdentity } from './process.js';

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
 * Texts of the claims that this process has right now. Others of its own are nobody's: they could not be emptied for a moment, or
 * were copied with all of the state while they counted.
 */
const held = new Set<string>();

/**
 * Whoever has a lock says so again after so long: from another pid namespace it may be all that shows him, and all of the state may
 * have been removed, or an old copy of it put in its place, under a controller that lives for months.
 */
const againMs = 20_000;
/** So long the claim of an owner who cannot be seen counts. */
const unseenMs = 3 * againMs;

/**
 * @param timeoutMs how long to wait for another owner; 0 tries once
 * @param isOver whether nobody waits any more for the owner whose claim has this number
 * @param lasting whether it is had again, too, where the directory of all locks is gone. Of others, that is what an uninstall does,
 *   under a lock of its own, and it is to stay gone
 * @param lost told of whoever has had it since its directory was removed, or an old copy put in its place, at each time that it is
 *   to be said again: two have what one is to have
 * @throws node's file system errors, e.g. where the directory cannot be written, or whose the lock is cannot be read
 */
export async function acquireLock(
  directory: string,
  purpose: string,
  timeoutMs: number,
  {
    isOver = () => false,
    lasting = false,
    lost = () => undefined,
  }: {
    readonly isOver?: (claim: number) => boolean;
    readonly lasting?: boolean;
    readonly lost?: (owner: LockOwner) => void;
  } = {},
): Promise<LockResult> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    // It may be removed while it is waited for: with all of the state, by an uninstall.
    makeDirectory(directory);
    const top = highest(directory);
    const text = textOf(directory, top);
    const owner = livingOwner(directory, top, text);
    if (owner !== null) {
      if (performance.now() >= deadline || isOver(top)) return { kind: 'held', owner };
      await delay(20);
      continue;
    }
    const claim = top + 1;
    // Like no other: also from a claim of the same number, of this process's own, in a directory that was made again.
    const own = JSON.stringify({ ...ownIdentity(), purpose, at: process.hrtime.bigint().toString(36) });
    held.add(own);
    if (tryClaim(directory, claim, own)) {
      let counting = claim;
      const sayIt = (): void => {
        if (lasting || fs.existsSync(path.dirname(directory)))
          counting = sayAgain(directory, counting, own, lost);
      };
      const again = setInterval(sayIt, againMs).unref();
      const lock = {
        release: () => {
          clearInterval(again);
          release(directory, counting, own);
        },
      };
      return { kind: 'acquired', lock, claim };
    }
  }
}

/** Others may take their turns, as long as none of them keeps the lock for `eachMs`: asked of each claim again and again. */
export function whileTurnsPass(eachMs: number): (claim: number) => boolean {
  let [seen, since] = [-1, 0];
  return (claim) => {
    if (claim !== seen) [seen, since] = [claim, performance.now()];
    return performance.now() - since < eachMs;
  };
}

/**
 * The claim that counts, while it is nobody's; null where somebody has the lock. Who is given the next number later knows that
 * nobody has had it in between.
 */
export function freeClaim(directory: string): number | null {
  try {
    const top = highest(directory);
    return livingOwner(directory, top, textOf(directory, top)) === null ? top : null;
  } catch {
    return null;
  }
}

/** Who has the lock right now, or null. Takes nothing. */
export function lockOwner(directory: string): LockOwner | null {
  try {
    const top = highest(directory);
    return livingOwner(directory, top, textOf(directory, top));
  } catch {
    return null;
  }
}

function tryClaim(directory: string, claim: number, text: string): boolean {
  const own = path.join(directory, String(claim));
  const temporary = path.join(directory, `.${process.pid}.${process.hrtime.bigint().toString(36)}`);
  let linked = false;
  try {
    try {
      fs.writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
      fs.linkSync(temporary, own);
      linked = true;
    } finally {
      fs.rmSync(temporary, { force: true });
    }
    if (highest(directory) !== claim) {
      fs.rmSync(own, { force: true });
      held.delete(text);
      return false;
    }
    for (const name of fs.readdirSync(directory))
      if (isClaim(name) && Number(name) < claim) fs.rmSync(path.join(directory, name), { force: true });
    removeOrphans(directory, /^\.([1-9][0-9]*)\.[0-9a-z]+$/);
    return true;
  } catch (error) {
    if (!linked) held.delete(text);
    // Somebody else has this number, or has removed the directory.
    if (!linked && ['EEXIST', 'ENOENT'].includes(errorCode(error))) return false;
    // Nobody will say that it is done with.
    if (linked) release(directory, claim, text);
    throw error;
  }
}

const releaseAgainMs = 1000;

/** Does not fail: what was done under the lock is done, and has to be told. */
function release(directory: string, claim: number, text: string): void {
  held.delete(text);
  try {
    // Else it was gone over meanwhile; or the directory was removed, and the number is somebody else's now. An empty claim is
    // nobody's, and needs no space: a full disk cannot keep it.
    if (textOf(directory, claim) === text) fs.truncateSync(path.join(directory, String(claim)), 0);
  } catch {
    // Free with the end of this process; this process itself goes over it. A disk may fail for a moment, and a controller lives for
    // months: until then all others would wait.
    setTimeout(() => release(directory, claim, text), releaseAgainMs).unref();
  }
}

function highest(directory: string): number {
  return fs
    .readdirSync(directory)
    .filter(isClaim)
    .reduce((top, name) => Math.max(top, Number(name)), 0);
}

const isClaim = (name: string): boolean => /^[1-9][0-9]*$/.test(name);

/** What a claim says; '' where there is none (any more). @throws node's file system errors: it may be somebody's */
function textOf(directory: string, claim: number): string {
  try {
    return claim === 0 ? '' : fs.readFileSync(path.join(directory, String(claim)), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

/** @returns the claim that says so now: another one, where ours counts no more and nobody has the lock meanwhile */
function sayAgain(directory: string, claim: number, text: string, lost: (owner: LockOwner) => void): number {
  let other: LockOwner | null = null;
  try {
    makeDirectory(directory);
    const top = highest(directory);
    const counts = textOf(directory, top);
    const now = new Date();
    if (counts === text) {
      fs.utimesSync(path.join(directory, String(top)), now, now);
      return top;
    }
    other = livingOwner(directory, top, counts);
    if (other === null && tryClaim(directory, top + 1, text)) return top + 1;
  } catch {
    // Who sees our process needs no such sign; what could not be claimed is tried again.
  }
  // Also where that failed.
  held.add(text);
  if (other !== null) lost(other);
  return claim;
}

function livingOwner(directory: string, claim: number, text: string): LockOwner | null {
  const owner = ownerIn(text);
  if (owner?.bootId !== bootId()) return null;
  if (isOwnPid(owner) && !held.has(text)) return null;
  const lives = isElsewhere(owner.namespace ?? '')
    ? (livesElsewhere(owner) ?? isYoung(directory, claim))
    : isAlive(owner);
  return lives ? owner : null;
}

function isYoung(directory: string, claim: number): boolean {
  const stat = fs.statSync(path.join(directory, String(claim)), { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs < unseenMs;
}

function ownerIn(text: string): LockOwner | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Released, removed by a later owner, or torn by a crashed machine: nobody's.
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { pid, startTime, bootId: boot, namespace, purpose } = parsed as Record<string, unknown>;
  if (typeof pid !== 'number' || typeof startTime !== 'string' || typeof boot !== 'string') return null;
  return {
    ...{ pid, startTime, bootId: boot, purpose: typeof purpose === 'string' ? purpose : 'fleet' },
    ...(typeof namespace === 'string' ? { namespace } : {}),
  };
}
