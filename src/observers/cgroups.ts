import * as fs from 'node:fs';
import * as path from 'node:path';

export interface CgroupSupport {
  readonly layout: 'unified' | 'hybrid' | 'legacy' | 'none';
  /** Controllers that limit an agent's unit: only what is delegated to the user's manager counts. */
  readonly memory: boolean;
  readonly pids: boolean;
  readonly cpu: boolean;
}

/**
 * @param managerCgroup the user manager's cgroup path as /proc names it, or null where it is not known
 * @param root whether the manager runs as root: on v1 hierarchies only root has controllers
 */
export function cgroupSupport(managerCgroup: string | null, root: boolean): CgroupSupport {
  const mount = '/sys/fs/cgroup';
  if (fs.existsSync(path.join(mount, 'cgroup.controllers'))) {
    const controllers =
      managerCgroup === null ? [] : readWords(path.join(mount, managerCgroup, 'cgroup.controllers'));
    const has = (name: string): boolean => controllers.includes(name);
    return { layout: 'unified', memory: has('memory'), pids: has('pids'), cpu: has('cpu') };
  }
  const has = (name: string): boolean => root && fs.existsSync(path.join(mount, name, 'cgroup.procs'));
  const layout = fs.existsSync(path.join(mount, 'unified', 'cgroup.procs'))
    ? 'hybrid'
    : fs.existsSync(path.join(mount, 'systemd', 'cgroup.procs'))
      ? 'legacy'
      : 'none';
  return { layout, memory: has('memory'), pids: has('pids'), cpu: has('cpu') };
}

function readWords(file: string): readonly string[] {
  try {
    return fs.readFileSync(file, 'utf8').trim().split(/\s+/);
  } catch {
    return [];
  }
}
