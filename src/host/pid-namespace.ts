import * as fs from 'node:fs';
import { pidNamespace, startTimeOf, type ProcessIdentity } from './process.js';

/** The kernel's name of the namespace in which every process of the host has a pid (PROC_PID_INIT_INO). */
const everybodys = 'pid:[4026531836]';

/**
 * Whether the pids of a namespace ('': of ours) are not those of /proc: an agent's sandbox has a pid namespace of its own, as has a
 * container, and /proc may have stayed that of the one around it.
 */
export const isElsewhere = (namespace: string): boolean =>
  namespace !== '' && (namespace !== pidNamespace() || pidsOf('self').length > 1);

/** Whether it names this very process, or an earlier one with the same pid. */
export const isOwnPid = ({ pid, namespace = '' }: ProcessIdentity): boolean =>
  pid === process.pid && ['', pidNamespace()].includes(namespace);

/**
 * Whether a process whose pid is not that of /proc still runs: under another pid it is seen from a namespace around its own.
 *
 * @returns null: it is not seen, and would not be from here
 */
export function livesElsewhere({ pid, startTime, namespace = '' }: ProcessIdentity): boolean | null {
  const seen = fs.readdirSync('/proc').some((name) => {
    if (!/^[1-9][0-9]*$/.test(name) || startTimeOf(Number(name)) !== startTime) return false;
    return pidsOf(name).at(-1) === String(pid);
  });
  return seen || ([everybodys, namespace].includes(pidNamespace()) ? false : null);
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
