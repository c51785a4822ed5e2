import { fileProblem } from '../../host/atomic-file.js';
import { acquireLock, type Lock } from '../../host/lock.js';
import { talkLock, type Paths } from '../../host/paths.js';

/** One at a time talks to an agent. @returns the lock, or why it is not to be had: a full disk ends no apply */
export async function takeTalkLock(
  paths: Paths,
  agent: string,
  purpose: string,
  timeoutMs: number,
): Promise<Lock | string> {
  const directory = talkLock(paths, agent);
  try {
    const locked = await acquireLock(directory, purpose, timeoutMs);
    return locked.kind === 'held' ? `${locked.owner.purpose} is talking to it` : locked.lock;
  } catch (error) {
    return `cannot take the lock ${directory}: ${fileProblem(error)}`;
  }
}
