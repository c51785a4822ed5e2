import * as fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { microseconds } from './controlled-fleet.js';

/** Pids of what a process has started and not yet waited for, the oldest first. */
export function childrenOf(pid: number): readonly number[] {
  const text = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Those that have become the program they were started for. */
export const sleepersOf = (pid: number): readonly number[] =>
  childrenOf(pid).filter((child) => nameOf(child) === 'sleep');

function nameOf(pid: number): string | null {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
  } catch {
    return null;
  }
}

/**
 * Kills a supervisor's oldest child.
 *
 * @returns milliseconds until its successor runs
 */
export async function deathUnder(supervisor: number): Promise<number> {
  const before = new Set(childrenOf(supervisor));
  const [victim] = before;
  if (victim === undefined) throw new Error(`process ${supervisor} has no children`);
  const begun = microseconds();
  process.kill(victim, 'SIGKILL');
  for (;;) {
    const successor = childrenOf(supervisor).find((child) => !before.has(child) && nameOf(child) === 'sleep');
    const waited = (microseconds() - begun) / 1000;
    if (successor !== undefined) return waited;
    if (waited > 60_000) throw new Error(`process ${supervisor} does not start a successor`);
    await delay(1);
  }
}
