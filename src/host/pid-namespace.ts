import * as fs from 'node:fs';
import { pidNamespace, startTimeOf, type ProcessIdentity } from './process.js';

/** The kernel's name of the namespace in which every process of the host has a pid (PROC_PID_INIT_INO). */
const everybodys = 'pid:[4026531836]';

/** Whether a pid is of another namespace than this process's: an agent's sandbox has one of its own, as has a container. */
export const isElsewhere = ({ namespace = '' }: ProcessIdentity): boolean =>
  namespace !== '' && namespace !== pidNamespace();

/**
 * Whether a process of another pid namespace still runs: under another pid it is seen from a namespace around its own.
 *
 * @returns null: it is not seen, and would not be from here
 */
export function livesElsewhere({ pid, startTime }: ProcessIdentity): boolean | null {
  const seen = fs.readdirSync('/proc').some((name) => {
    if (!/^[1-9][0-9]*$/.test(name) || startTimeOf(Number(name)) !== startTime) return false;
    return pidsOf(name).at(-1) === String(pid);
  });
  return seen || (pidNamespace() === everybodys ? false : null);
}

/** Its pids, from the namespace of this /proc inwards. */
function pidsOf(name: string): readonly string[] {
  try {
    const status = fs.readFileSync(`/proc/${name}/status`, 'latin1');
    return /^NSpid:\t(.*)$/m.exec(status)?.[1]?.split('\t') ?? [];
  } catch {
    return [];
  }
}
