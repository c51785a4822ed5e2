import { wordlessCommand, type SiteEnvironment } from './effective.js';
import { profileOf } from './profile.js';
import { BUILT_IN } from './profiles.js';
import type { AgentSpec } from './types.js';

/**
 * Where what a conversation holds lies on disk: below the directory that `variable` names, or where it is not set (or null)
 * below `below` in HOME.
 */
export interface EvidencePlace {
  readonly variable: string | null;
  readonly below: string;
  /** A glob; `{id}` in it stands for the id, `{id8}` for its first eight characters. Where that makes it absolute, the directory counts for nothing. */
  readonly files: string;
  /** Text that only a file with a message in it holds, `{id}` standing for the id; null: any file that is not empty does. */
  readonly holds: string | null;
  /**
   * `conversation`: such a file is one conversation's own. `opencode`: it is a database of many; `holds` then is what tells that
   * a conversation is in it, spoken to or not, and what was said is looked up. `daily`: as `conversation`, and the first three `*` are
   * year, month and day of its id, which begins with its time.
   */
  readonly each: 'conversation' | 'opencode' | 'daily';
}

/** What is run, as the agent would be, before a process is started in a new conversation. */
export interface Preparation {
  /** Behind the program in the agent's own command. Done twice with one id, it must do no more than once. */
  readonly words: readonly string[];
  /** Its standard input. `{id}`: the id; `{ms}`, `{iso}`: the time at which it is run, as epoch milliseconds and as UTC. */
  readonly input: string;
}

/** How a runtime names its conversations and continues one. Data, as all of a profile. */
export interface ConversationShape {
  /** `chosen`: fleet says the id, before the process starts. `learnt`: the process makes one up, and shows it. */
  readonly identity: 'chosen' | 'learnt';
  /** What an id looks like: a UUID, an absolute path that ends in one, or opencode's `ses_…`. */
  readonly id: 'uuid' | 'file' | 'ses';
  /** Words for a new conversation and for an earlier one; `{id}` in them stands for the id. */
  readonly new: readonly string[];
  readonly resume: readonly string[];
  /** Where a process can only be started in a conversation that exists already; null: it begins one by itself. */
  readonly prepare: Preparation | null;
  /** null: only what was proven delivered tells that there is something to resume. */
  readonly evidence: EvidencePlace | null;
  /** Whether the file appears some time after a message was taken, so that a missing one proves nothing. */
  readonly late: boolean;
  /** Whether an id that was used and never spoken to can be used again for a new conversation. */
  readonly again: boolean;
  /** Whether a last line that a crash cut off must be removed before a resume. */
  readonly mend: boolean;
  /** Whether a conversation can be resumed from another directory than the one it was begun in. */
  readonly elsewhere: boolean;
}

/** Whether an agent's next start can continue a conversation. */
export type Resumability =
  /** Its runtime has none, as far as fleet knows. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'cannot';
      readonly because: string;
      /** Whose command has no place for conversation arguments; absent: they are not wanted. */
      readonly wordless?: 'agent' | 'site';
    }
  | { readonly kind: 'can'; readonly shape: ConversationShape };

export const resumabilityOf = (agent: AgentSpec, site: SiteEnvironment): Resumability => {
  const shape = profileOf(agent).conversation;
  if (shape === null) return { kind: 'none' };
  if (!agent.resume) return { kind: 'cannot', because: 'resume: false in the roster' };
  const wordless = wordlessCommand(agent, site);
  if (wordless !== null)
    return { kind: 'cannot', because: 'its command has no word {conversation}', wordless };
  return { kind: 'can', shape };
};

/** Whether a runtime by this name is known to have conversations. */
export const hasConversations = (runtime: string): boolean => BUILT_IN.get(runtime)?.conversation != null;

/** Conversation arguments for an id. */
export const conversationWords = (
  { new: fresh, resume }: Pick<ConversationShape, 'new' | 'resume'>,
  id: string | null,
): { readonly new: readonly string[]; readonly resume: readonly string[] } => {
  const filled = (words: readonly string[]): readonly string[] => words.map((word) => withId(word, id ?? ''));
  return { new: filled(fresh), resume: id === null ? [] : filled(resume) };
};

/** A pattern with an id filled in. */
export const withId = (pattern: string, id: string): string =>
  pattern.replaceAll('{id8}', () => id.slice(0, 8)).replaceAll('{id}', () => id);

/** Ids reach globs and command lines: nothing but what a runtime makes of a name. */
export const isConversationId = (id: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$/.test(id) ||
  (/^\/[^\p{Cc}]{0,1000}$/u.test(id) && !id.includes('/../'));

const WHOLE: Readonly<Record<ConversationShape['id'], RegExp>> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  // One spelling of each: two agents in one file overwrite each other.
  file: /^(\/(?!\.{0,2}(\/|$))[^/]+)+\.jsonl$/,
  ses: /^ses_[0-9A-Za-z]{20,}$/,
};

/** Whether this is an id of such conversations from end to end, and not only how one begins. */
export const isWholeId = ({ id }: Pick<ConversationShape, 'id'>, text: string): boolean =>
  isConversationId(text) && WHOLE[id].test(text);
