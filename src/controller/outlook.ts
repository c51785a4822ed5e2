import type { ActionKind } from './action.js';
import type { Assessment, World } from './assess.js';
import { outlook, type ConversationOutlook } from './continuation.js';
import type { EndedBy } from './conversation.js';

/** What is the case with an agent's conversation, and what an action would make of it. */
export function outlookOf(
  { agent, desired, situation, files }: Assessment,
  { observed }: World,
  fresh: EndedBy | null,
): ConversationOutlook {
  const lives = situation.kind === 'live' || situation.kind === 'unmarked';
  const subject = {
    agent,
    desired,
    files,
    sight: observed.conversations.get(agent),
    marks: lives ? situation.session.marks : null,
    end: lives ? null : (observed.ends.get(agent) ?? null),
  };
  return outlook(subject, fresh);
}

/** Why an action of this kind begins a new conversation by its nature; null: it does not. */
export const freshBy = (action: ActionKind): EndedBy | null => (action === 'reset' ? 'reset' : null);
