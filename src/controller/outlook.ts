import type { ActionKind } from './action.js';
import type { Assessment, World } from './assess.js';
import { outlook, subjectOf, type ConversationOutlook } from './continuation.js';
import type { EndedBy } from './conversation.js';
import { isInIt, rivalFor, type Occupant } from './occupants.js';

/** What is the case with an agent's conversation, and what an action would make of it. */
export function outlookOf(assessment: Assessment, world: World, fresh: EndedBy | null): ConversationOutlook {
  const { agent } = assessment;
  const subject = subjectOf(assessment, world.observed);
  const found = outlook(subject, fresh);
  if (found.next.kind !== 'same') return found;
  const { id } = found.next.conversation;
  const moves = subject.marks !== null;
  // What lives is where it is: whoever else would be started there is barred.
  if (moves && found.now.kind === 'known' && found.now.conversation.id === id) return found;
  const rival = rivalFor(world, { agent, conversation: found.next.conversation, moves });
  if (rival === null) return found;
  return { ...found, next: { kind: 'barred', code: 'in-use', message: inUseText(agent, id, rival) } };
}

function inUseText(agent: string, id: string, other: Occupant): string {
  const who = `${other.agent} ${other.runs ? 'is in' : 'is to go on in'}`;
  const what = isInIt(other, id)
    ? `${who} its conversation ${id}: two would overwrite each other`
    : `${who} another one of the directory of its conversation ${id}: what is written there last would be taken for either's`;
  return `${what}; continue another one (fleet agent resume ${agent} ID), or begin anew: fleet restart ${agent} --fresh`;
}

/** Why an action of this kind begins a new conversation by its nature; null: it does not. */
export const freshBy = (action: ActionKind): EndedBy | null => (action === 'reset' ? 'reset' : null);
