import * as fs from 'node:fs';
import { membersOf } from './process.js';

/**
 * Has the kernel ready for a process that is about to be moved between cgroups, as systemd does with whatever it starts. The first
 * such move after a while waits for a grace period of RCU (6 to 13 ms, docs/measured.md), the next do not. So this process is moved
 * to where it is, which changes nothing, while the program that asks systemd is being loaded. Where that is not allowed (in the
 * session of a login) nothing happens.
 */
export function hastenCgroupMoves(): void {
  const file = membersOf(process.pid)?.file;
  // Not waited for: that is the point.
  if (file !== undefined) fs.writeFile(file, String(process.pid), { flag: 'r+' }, () => undefined);
}
