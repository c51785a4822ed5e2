import * as fs from 'node:fs';
import { cgroupOf } from './process.js';

/** Where the tree that systemd goes by is: of version 2 alone, beside controllers of version 1, of version 1 alone. */
const roots = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];

/**
 * Has the kernel ready for a process that is about to be moved between cgroups, as systemd does with whatever it starts. The first
 * such move after a while waits for a grace period of RCU (6 to 13 ms, docs/measured.md), the next do not. So this process is moved
 * to where it is, which changes nothing, while the program that asks systemd is being loaded. Where that is not allowed (in the
 * session of a login) nothing happens.
 */
export function hastenCgroupMoves(): void {
  const place = cgroupOf(process.pid);
  if (place === null) return;
  const own = String(process.pid);
  for (const root of roots) {
    const file = `${root}${place}/cgroup.procs`;
    try {
      // The same path of another tree is another place.
      if (!fs.readFileSync(file, 'utf8').split('\n').includes(own)) continue;
    } catch {
      continue;
    }
    // Not waited for: that is the point.
    fs.writeFile(file, own, { flag: 'r+' }, () => undefined);
    return;
  }
}
