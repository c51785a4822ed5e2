import type { ConversationShape, EvidencePlace } from '../roster/conversation.js';
import { profileOf, profileOfRunning } from '../roster/profile.js';
import type { AgentSpec } from '../roster/types.js';
import type { Conversation, ConversationSight } from './conversation.js';

/** In doubt it does. */
export function holdsAnything(
  conversation: Conversation,
  { evidence }: ConversationSight,
  spec: AgentSpec | null,
): boolean {
  if (conversation.accepted) return true;
  switch (evidence.get(conversation.id)?.state ?? 'unknown') {
    case 'holds':
    case 'elsewhere':
      return true;
    case 'empty':
      return false;
    case 'unknown':
      // Where no file could tell, it counts from its first start on.
      return placeFor(conversation, spec) !== null || conversation.unit !== null;
  }
}

export const shapeFor = ({ runtime }: Conversation, spec: AgentSpec | null): ConversationShape | null =>
  spec?.runtime === runtime ? profileOf(spec).conversation : null;

/** Where a file would tell what is in it, whatever the agent is to be by now. */
const placeFor = ({ runtime }: Conversation, spec: AgentSpec | null): EvidencePlace | null =>
  (spec === null ? null : profileOfRunning(spec, runtime).conversation)?.evidence ?? null;
