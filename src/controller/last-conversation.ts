import type { AgentSpec } from '../roster/types.js';
import type { Conversation, ConversationRecord, ConversationSight } from './conversation.js';
import { holdsAnything } from './holding.js';
import type { LastEnd, Marks } from './observed.js';

export interface LastConversation {
  readonly conversation: Conversation;
  /** The one that is on record as current never began. */
  readonly unbegun: boolean;
}

/**
 * The one that an agent that does not run was in, that is, that its last accepted message went to: where the current one holds
 * nothing, the one before it, unless that was ended on purpose. A purpose that never came to anything counts for nothing.
 */
export function lastOne(
  record: ConversationRecord,
  sight: ConversationSight,
  spec: AgentSpec | null,
  end: LastEnd | null,
): LastConversation | null {
  const {
    current,
    former: [before],
  } = record;
  const empty = current === null || !holdsAnything(current, sight, spec);
  if (before !== undefined && current !== null && empty && outlived(current, before, sight, end))
    return { conversation: before, unbegun: true };
  // In one that it never showed before it ended: nobody knows which.
  if (current?.id === '') return null;
  if (before?.ended === 'changed' && empty) return { conversation: before, unbegun: false };
  return current === null ? null : { conversation: current, unbegun: false };
}

/**
 * Whether the conversation before it went on after this one was put on record, and ended of itself. A start of this one would have
 * ended it first, by a stop of its unit, of which there is no record; and would have a record of its own end.
 */
const outlived = (
  current: Conversation,
  before: Conversation,
  { evidence }: ConversationSight,
  end: LastEnd | null,
): boolean =>
  current.unit === null &&
  end?.conversation?.id === before.id &&
  // Whole seconds, so it ended later rather than earlier.
  end.at * 1000 >= current.createdAt &&
  evidence.get(before.id)?.state === 'holds';

/** Whether what is on record as current never was in the session that lives, and nothing was ever said in it. */
export function neverBegan(
  { current }: ConversationRecord,
  marks: Marks,
  sight: ConversationSight,
  spec: AgentSpec | null,
): boolean {
  if (current === null || current.id === '' || current.id === marks.conversation) return false;
  return current.unit !== marks.unit && !holdsAnything(current, sight, spec);
}

/** The conversation in which something was just said, by what is on record and the marks of the session; '': it shows none. */
export function spokenIn(
  { current, former: [before] }: ConversationRecord,
  { unit, conversation }: Pick<Marks, 'unit' | 'conversation'>,
): string {
  // A human may have begun another one than it was started in.
  const seen = unit === null ? undefined : [current, before].find((one) => one?.unit === unit);
  return seen?.id ?? conversation ?? current?.id ?? '';
}
