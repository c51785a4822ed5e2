import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { errorCode } from './error-code.js';

/** Something that is there, and whose it is. */
export interface Owned {
  readonly file: string;
  readonly uid: number;
}

/**
 * Whose a file is; where it is not there, or not to be seen, whose the nearest directory above it is: that one decides what can be
 * done.
 *
 * @returns null: nothing of it can be looked at
 */
export function ownerOf(file: string): Owned | null {
  try {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat !== undefined) return { file, uid: stat.uid };
  } catch (error) {
    if (!['EACCES', 'ENOTDIR'].includes(errorCode(error))) return null;
  }
  const parent = path.dirname(file);
  return parent === file ? null : ownerOf(parent);
}

/** A user's name as /etc/passwd has it; `user 1001` where it has none, as for those of a directory service. */
export function userName(uid: number): string {
  try {
    const lines = fs.readFileSync('/etc/passwd', 'utf8').split('\n');
    const found = lines.map((line) => line.split(':')).find(([, , id]) => id === String(uid));
    return found?.[0] ?? `user ${uid}`;
  } catch {
    return `user ${uid}`;
  }
}

/** Who runs this process. Not by `USER`, which `su` and `sudo -E` leave as it was. */
export function ownName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // A container's user may be in no list of users.
    return userName(process.geteuid?.() ?? -1);
  }
}

/** Why the kernel refuses this user: somebody else's file, or directory, in the way. '' where it is his own, or cannot be told. */
export function inTheWay(file: string | undefined): string {
  const owned = file === undefined ? null : ownerOf(file);
  if (owned === null || owned.uid === process.geteuid?.()) return '';
  return ` (${owned.file} belongs to ${userName(owned.uid)})`;
}
