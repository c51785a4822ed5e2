import { startedAtOf } from '../host/process.js';
import type { RuntimeProfile } from '../roster/profile.js';
import { optionOf, processFacts } from './process-facts.js';

/** Later than so long after its start no process loads: what it shows is what a human made of it. */
const loadingMs = 60_000;

/**
 * A runtime's profile, for one process of it: whether that takes what is typed, although it shows its composer, is only asked of
 * one that was started not long ago; of one that continues a conversation, whether it has loaded that.
 *
 * @param pid of its own pane's process
 */
export function profileOfProcess(profile: RuntimeProfile, pid: number): RuntimeProfile {
  const { loaded, listening } = profile;
  if (loaded.length === 0 && listening.length === 0) return profile;
  const startedAt = startedAtOf(pid);
  const isYoung = startedAt !== null && Date.now() - startedAt <= loadingMs;
  return { ...profile, loaded: isYoung ? (continues(profile, pid) ? loaded : listening) : [] };
}

function continues({ conversation }: RuntimeProfile, pid: number): boolean {
  if (conversation === null) return false;
  const words = conversation.resume.filter(
    (word) => word.startsWith('-') && !conversation.new.includes(word),
  );
  return words.length > 0 && optionOf(processFacts(pid), ...words) !== null;
}
