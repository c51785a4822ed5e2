import { readdirSync, readFileSync } from 'node:fs';
import { trackingCgroup } from '../test/support/user-manager.js';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** In clock ticks since boot; with the pid it names a process for good. */
  readonly started: string;
  readonly argv: readonly string[];
}

/** Every process that can be seen, zombies left out. */
export function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // The second field is the program's name, in parentheses, with anything in it.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const argv = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1);
        if (fields[0] === 'Z') return [];
        return [{ pid: Number(name), parent: Number(fields[1]), started: fields[19] ?? '', argv }];
      } catch {
        return []; // ended meanwhile
      }
    });
}

/** The unit whose cgroup a process is in, or '' where that is none. */
export function unitOf(pid: number): string {
  try {
    return trackingCgroup(pid).split('/').at(-1) ?? '';
  } catch {
    return '';
  }
}

export const processesOfUnit = (unit: string): readonly Process[] =>
  processes().filter(({ pid }) => unitOf(pid) === unit);

/** Those of `known` that still live, under the same pid and start time. */
export function survivors(known: readonly Process[]): readonly Process[] {
  const now = new Set(processes().map(({ pid, started }) => `${pid} ${started}`));
  return known.filter(({ pid, started }) => now.has(`${pid} ${started}`));
}

/** Pid, as seen here, of the descendant of `ancestor` that has this pid in its own namespace. */
export function pidFromOutside(ancestor: number, inner: number): number | null {
  const all = processes();
  const family = new Set([ancestor]);
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  for (const pid of family) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const names = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
      if (names.length > 1 && names.at(-1) === String(inner)) return pid;
    } catch {
      // ended meanwhile
    }
  }
  return null;
}
