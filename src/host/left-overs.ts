import * as fs from 'node:fs';
import * as path from 'node:path';
import { isElsewhere } from './pid-namespace.js';
import { pidNamespace, startTimeOf } from './process.js';

/** Swept by this process already. What it leaves itself, its successor sweeps. */
const swept = new Set<string>();

/** What a file is called while it is being written: whose it is, and who writes it, of which pid namespace. */
export const unfinishedName = (target: string): string =>
  `${target}.${process.pid}.${process.hrtime.bigint().toString(36)}-${/[0-9]+/.exec(pidNamespace())?.[0] ?? ''}.fleet.tmp`;

/** Nothing is written for so long. */
const youngMs = 60_000;

/**
 * Removes what processes that were killed left of files they had begun to write: nobody would ever, and secrets may be in
 * them. Once per directory and process, with its first write there. A pid that is somebody else's by now only delays it.
 */
export function sweepLeftOvers(directory: string): void {
  if (swept.has(directory)) return;
  swept.add(directory);
  try {
    removeOrphans(directory, /\.([1-9][0-9]*)\.[0-9a-z]+(?:-([0-9]*))?\.fleet\.tmp$/);
  } catch {
    // The directory cannot be listed: the write has been done, and is not to be told as failed.
  }
}

/** @param writer matches names of unfinished files; its first group is the writer's pid, a second one his pid namespace */
export function removeOrphans(directory: string, writer: RegExp): void {
  for (const name of fs.readdirSync(directory)) {
    const [, pid, namespace = ''] = writer.exec(name) ?? [];
    if (pid === undefined) continue;
    const file = path.join(directory, name);
    try {
      if (!mayBeWritten(file, Number(pid), namespace)) fs.unlinkSync(file);
    } catch {
      // Somebody else was quicker, or it is no file: a courtesy must not spoil the write it came with.
    }
  }
}

/** A pid of another namespace, an agent's sandbox for example, says nothing here. */
function mayBeWritten(file: string, pid: number, namespace: string): boolean {
  if (namespace === '' || !isElsewhere(`pid:[${namespace}]`)) return startTimeOf(pid) !== null;
  return Date.now() - fs.statSync(file).mtimeMs < youngMs;
}
