import * as fs from 'node:fs';
import * as path from 'node:path';
import { statOf } from '../host/process.js';

/** USER_HZ, the unit of CPU times in /proc: 100 on every architecture Node runs on. */
const ticksPerSecond = 100;

/**
 * CPU seconds of the living processes of a unit's cgroup and of the children they have waited for, from /proc: where systemd
 * does not account for it, as with cpuacct mounted by itself on cgroup v1 (252). Less than the truth where a process has
 * ended that nobody in the cgroup waited for.
 *
 * @param group the unit's ControlGroup; null where no hierarchy shows its processes
 */
export function cpuSecondsOf(group: string): number | null {
  if (group === '') return null;
  const pids = ['', 'systemd', 'unified']
    .map((hierarchy) => processesOf(path.join('/sys/fs/cgroup', hierarchy, group)))
    .find((found) => found.length > 0);
  if (pids === undefined) return null;
  return pids.reduce((total, pid) => total + ticksOf(pid), 0) / ticksPerSecond;
}

/** Of the group and of all below it: an agent may make groups of its own. */
function processesOf(directory: string): readonly string[] {
  try {
    const below = fs
      .readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => processesOf(path.join(directory, name)));
    const own = fs.readFileSync(path.join(directory, 'cgroup.procs'), 'latin1').split('\n');
    return [...own.filter((line) => line !== ''), ...below];
  } catch {
    return [];
  }
}

/** utime, stime, cutime and cstime (proc(5)). */
function ticksOf(pid: string): number {
  const fields = statOf(`/proc/${pid}`) ?? [];
  return fields.slice(11, 15).reduce((total, ticks) => total + Number(ticks), 0);
}
