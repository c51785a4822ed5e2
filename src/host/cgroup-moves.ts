import * as fs from 'node:fs';

/** Where the tree that systemd goes by is: of version 2 alone, beside controllers of version 1, of version 1 alone. */
const roots = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];

/**
 * Has the kernel ready for a process that is about to be moved between cgroups, as systemd does with whatever it starts. The first
 * such move after a while waits for a grace period of RCU (6 to 13 ms, docs/measured.md), the next do not. So this process is moved
 * to where it is, which changes nothing, while the program that asks systemd is being loaded. Where that is not allowed (in the
 * session of a login) nothing happens.
 */
export function hastenCgroupMoves(): void {
  let lines: readonly string[];
  try {
    lines = fs.readFileSync('/proc/self/cgroup', 'utf8').split('\n');
  } catch {
    return;
  }
  const own =
    lines.find((line) => line.startsWith('0::')) ?? lines.find((line) => line.includes(':name=systemd:'));
  const place = own?.slice(own.indexOf(':', own.indexOf(':') + 1) + 1);
  if (place === undefined) return;
  for (const root of roots) {
    // Not waited for: that is the point.
    fs.writeFile(`${root}${place}/cgroup.procs`, String(process.pid), { flag: 'r+' }, () => undefined);
  }
}
