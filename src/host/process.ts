import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What makes a process this one and no later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot at which it started (field 22 of /proc/PID/stat). */
  readonly startTime: string;
  readonly bootId: string;
  /** In which pid namespace it has this pid; without it, or '', in everybody's. */
  readonly namespace?: string;
}

export function ownIdentity(): ProcessIdentity {
  // By /proc/self: it may be the /proc of a namespace around ours, in which our pid is somebody else's.
  const startTime = statOf('/proc/self')?.[19] ?? '';
  return { pid: process.pid, startTime, bootId: bootId(), namespace: pidNamespace() };
}

/** Names the pid namespace of this process, in which its pid counts; '' where that is not to be told. */
export function pidNamespace(): string {
  try {
    return fs.readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Whether that very process, of our own pid namespace, still runs. A zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identity.bootId === bootId() && startTimeOf(identity.pid) === identity.startTime;
}

const lookEveryMs = 20;

/** Resolves once these processes have ended, or after so many milliseconds. A pid that was given anew counts as ended. */
export async function awaitEnds(pids: readonly number[], timeoutMs: number): Promise<void> {
  const started = pids.map((pid) => [pid, startTimeOf(pid)] as const);
  const deadline = performance.now() + timeoutMs;
  const lives = ([pid, time]: readonly [number, string | null]): boolean =>
    time !== null && startTimeOf(pid) === time;
  while (started.some(lives) && performance.now() < deadline) await delay(lookEveryMs);
}

export function startTimeOf(pid: number): string | null {
  const fields = statOf(`/proc/${pid}`);
  return fields === null || fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

/**
 * State, parent, group, session, terminal, foreground group, … of proc_pid_stat(5), from its third field.
 *
 * @param directory of a process, or of one of its threads
 * @returns null: it is gone, or cannot be read
 */
export function statOf(directory: string): readonly string[] | null {
  try {
    const stat = fs.readFileSync(`${directory}/stat`, 'latin1');
    // The command's name is in parentheses and may itself hold any character.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** When it started, epoch milliseconds by the host's clock of now, to two hundredths of a second; null: it is gone. */
export function startedAtOf(pid: number): number | null {
  const ticks = startTimeOf(pid);
  if (ticks === null) return null;
  // `btime` of /proc/stat has whole seconds.
  const [uptime = ''] = fs.readFileSync('/proc/uptime', 'latin1').split(' ');
  // USER_HZ is 100 on every architecture Node runs on.
  return Date.now() - Number(uptime) * 1000 + Number(ticks) * 10;
}

/** The kernel's name for this boot. */
export function bootId(): string {
  return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Every process in the cgroup of this one, itself included; itself alone where that cannot be read. */
export const processesBeside = (pid: number): readonly number[] => membersOf(pid)?.pids ?? [pid];

/** The `cgroup.procs` that lists a process, of the tree by which systemd goes, and all that it lists; null where there is none to be read. */
export function membersOf(pid: number): { readonly file: string; readonly pids: readonly number[] } | null {
  const group = cgroupOf(pid);
  if (group === null) return null;
  for (const root of ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd']) {
    const file = `${root}${group}/cgroup.procs`;
    try {
      const pids = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
      // The same path of another tree is another group.
      if (pids.includes(pid)) return { file, pids };
    } catch {
      // Another layout.
    }
  }
  return null;
}

/** The directory of the cgroup, its own or one above, that keeps a process frozen; null: none, as far as can be told (cgroup v2). */
export function frozenIn(pid: number): string | null {
  let at = path.dirname(membersOf(pid)?.file ?? '/');
  for (; at !== '/'; at = path.dirname(at)) {
    try {
      if (fs.readFileSync(path.join(at, 'cgroup.freeze'), 'latin1').trim() === '1') return at;
    } catch {
      return null; // Above the tree's root, which has none.
    }
  }
  return null;
}

/** cgroup path of a process in the hierarchy systemd tracks (v2, hybrid or v1), or null where it is gone. */
export function cgroupOf(pid: number): string | null {
  try {
    const lines = fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
    const unified = lines.find((line) => line.startsWith('0::'));
    // Which hierarchy systemd goes by is told by what is mounted, not by which ones the kernel has.
    const tracking = fs.existsSync('/sys/fs/cgroup/cgroup.controllers')
      ? unified
      : (lines.find((line) => line.includes(':name=systemd:')) ?? unified);
    return tracking === undefined
      ? null
      : tracking.slice(tracking.indexOf(':', tracking.indexOf(':') + 1) + 1);
  } catch {
    return null;
  }
}
