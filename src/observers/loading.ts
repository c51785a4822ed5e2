import { startedAtOf } from '../host/process.js';
import type { RuntimeProfile } from '../roster/profile.js';
import { optionOf, processFacts } from './process-facts.js';

/** Later than so long after its start no process loads: what it shows is what a human made of it. */
const loadingMs = 60_000;

/**
 * A runtime's profile, for one process of it: whether that has loaded its conversation is only asked of one which was started to
 * continue it, and not long ago.
 *
 * @param pid of its own pane's process
 */
export function profileOfProcess(profile: RuntimeProfile, pid: number): RuntimeProfile {
  if (profile.loaded.length === 0) return profile;
  return mayBeLoading(profile, pid) ? profile : { ...profile, loaded: [] };
}

function mayBeLoading({ conversation }: RuntimeProfile, pid: number): boolean {
  const startedAt = startedAtOf(pid);
  if (conversation === null || startedAt === null || Date.now() - startedAt > loadingMs) return false;
  const words = conversation.resume.filter(
    (word) => word.startsWith('-') && !conversation.new.includes(word),
  );
  return words.length > 0 && optionOf(processFacts(pid), ...words) !== null;
}
