import type { Known } from './observed.js';

/** One conversation of an agent, by the runtime's own id. Nothing of what was said in it. */
export interface Conversation {
  readonly id: string;
  readonly runtime: string;
  /** Where it was begun, as the roster writes it: absolute, or `~/…`. */
  readonly directory: string;
  /** Whether fleet said the id or read it from the process. */
  readonly origin: 'chosen' | 'learnt';
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** A message was proven delivered, or its transcript held one: it is never replaced by an empty one unasked. */
  readonly accepted: boolean;
  /** Its own file was seen, where the runtime begins that only after a message: from then on a missing one is gone. */
  readonly stored?: true;
  /** The unit's last start in which the process was seen to be in it, where that has to be written down; else null. */
  readonly unit: string | null;
  /** How it was continued last; null: never. */
  readonly resumed: { readonly at: number; readonly how: string } | null;
}

/** Why a conversation is not the current one any more. */
export type EndedBy =
  /** The operator's word, or a reset of a disposable slot. */
  | 'fresh'
  | 'reset'
  /** The agent was changed so that it cannot be continued. Changed back, it is. */
  | 'changed'
  /** Somebody typed `/new` or `/clear`. */
  | 'in-runtime'
  | 'resume-failed'
  /** `fleet agent resume` chose another one. */
  | 'replaced';

export interface FormerConversation extends Conversation {
  readonly endedAt: number;
  readonly ended: EndedBy;
}

export interface ConversationRecord {
  readonly current: Conversation | null;
  /** Newest first, at most 50; only such as held something. */
  readonly former: readonly FormerConversation[];
}

export const noConversations: ConversationRecord = { current: null, former: [] };

/** So many former conversations are kept. */
const mostFormer = 50;

/** What the runtime's own files say of a conversation. */
export type Evidence =
  /** `bytes`: of its own file; null: it has none. */
  | { readonly state: 'holds'; readonly bytes: number | null; readonly changedAt: number }
  | { readonly state: 'empty' }
  /** Only the running process finds it: the next one would look in another home. */
  | { readonly state: 'elsewhere' }
  /** There is no file that would tell, or it cannot be read. */
  | { readonly state: 'unknown' };

/** What was seen of an agent's conversations in one look. */
export interface ConversationSight {
  readonly record: Known<ConversationRecord>;
  /** The id that the running process itself shows; null: it shows none. */
  readonly live: string | null;
  /** Whether a process that shows no id may have been spoken to. In doubt it may. */
  readonly spokenTo: boolean;
  /** By id, of all that may be in force. */
  readonly evidence: ReadonlyMap<string, Evidence>;
}

export const unseen: ConversationSight = {
  record: { known: true, value: noConversations },
  live: null,
  spokenTo: true,
  evidence: new Map(),
};

/**
 * The record with another conversation in force. What was current is kept where it held something.
 *
 * @param next null: none
 * @param held whether what was current holds anything
 */
export function withCurrent(
  record: ConversationRecord,
  next: Conversation | null,
  { ended, at, held }: { readonly ended: EndedBy; readonly at: number; readonly held: boolean },
): ConversationRecord {
  const { current, former } = record;
  const others = former.filter(({ id }) => id !== next?.id);
  const kept =
    current === null || current.id === next?.id || !held
      ? meant(ended, others)
      : [{ ...current, accepted: true, endedAt: at, ended }, ...others.filter(({ id }) => id !== current.id)];
  return { current: next === null ? null : bare(next), former: kept.slice(0, mostFormer) };
}

/** The word that ends one in which nobody spoke means the one before it as well, to which an edit taken back would lead. */
const meant = (
  ended: EndedBy,
  [before, ...rest]: readonly FormerConversation[],
): readonly FormerConversation[] => {
  if (before === undefined) return [];
  const onPurpose = before.ended === 'changed' && (ended === 'fresh' || ended === 'reset');
  return [onPurpose ? { ...before, ended } : before, ...rest];
};

/** Without what a former one has besides. */
const bare = (conversation: Conversation): Conversation => {
  const { id, runtime, directory, origin, createdAt, accepted, stored, unit, resumed } = conversation;
  const facts = { id, runtime, directory, origin, createdAt, accepted, unit, resumed };
  return stored === true ? { ...facts, stored } : facts;
};

/** Whether two records say the same. */
export const sameRecord = (one: ConversationRecord, other: ConversationRecord): boolean =>
  JSON.stringify([one.current, one.former]) === JSON.stringify([other.current, other.former]);

/** A conversation of the record, current or former. */
export const findConversation = (
  { current, former }: ConversationRecord,
  id: string,
): Conversation | undefined =>
  current?.id === id ? current : former.find((conversation) => conversation.id === id);
