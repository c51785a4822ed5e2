import * as fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Exec } from '../host/exec.js';
import { processesBeside, statOf } from '../host/process.js';

const timeoutMs = 5000;
/** Two looks at its threads are so far apart: a program that has read, and draws by a timer, wakes in between. */
const apartMs = 100;

/**
 * Whether a pane's program has read all that was typed, and has nothing to do: nothing waits in its terminal, and every thread of
 * what reads from there sleeps, twice. One that is stopped, swapped out or waits for a processor shows the same screen, and may
 * have all of it before it.
 *
 * @param pid of the pane's first process
 * @returns false also where that cannot be told
 */
export async function hasReadAll(exec: Exec, pid: number): Promise<boolean> {
  const terminal = placeOf(pid);
  if (terminal === null || !isAsleep(terminal, pid)) return false;
  // In a process of its own that leads no session: whoever does may get a terminal that nobody has for his own, and hang it up.
  const script = '( if read -t 0; then echo unread; else echo read; fi ) <"$1"; :';
  // -p: $BASH_ENV is somebody's program, and may print.
  const result = await exec('bash', ['-p', '-c', script, 'bash', terminal.path], { timeoutMs });
  if (result.kind !== 'exited' || result.stdout.trim() !== 'read') return false;
  await delay(apartMs);
  const later = placeOf(pid);
  return later?.path === terminal.path && isAsleep(later, pid);
}

interface Place {
  readonly path: string;
  /** The process group in the foreground. */
  readonly group: number;
}

/** The terminal that a process has; null: none, or none of the kind tmux makes. */
function placeOf(pid: number): Place | null {
  const fields = statOf(`/proc/${pid}`);
  const device = Number(fields?.[4] ?? 0);
  const group = Number(fields?.[5] ?? -1);
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  // Majors 136 to 143 are the pseudo-terminals of /dev/pts (Documentation/admin-guide/devices.txt).
  if (major < 136 || major > 143 || group <= 0) return null;
  return { path: `/dev/pts/${(major - 136) * 256 + minor}`, group };
}

/** Whether all threads in the foreground wait for something to happen. */
function isAsleep({ group }: Place, pid: number): boolean {
  const readers = processesBeside(pid).filter(
    (member) => Number(statOf(`/proc/${member}`)?.[2] ?? 0) === group,
  );
  return readers.length > 0 && readers.every((member) => threadsOf(member).every(sleeps));
}

const sleeps = (thread: string): boolean => ['S', 'I', 'Z', 'X'].includes(statOf(thread)?.[0] ?? 'X');

function threadsOf(pid: number): readonly string[] {
  try {
    return fs.readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
  } catch {
    return [];
  }
}
