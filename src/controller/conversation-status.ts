import type { Assessment, World } from './assess.js';
import { conversationInForce, subjectOf } from './continuation.js';

/** What status and explain say of the conversation in force. */
export type ConversationStatus =
  | { readonly kind: 'unknown'; readonly message: string }
  | {
      readonly kind: 'known';
      readonly id: string;
      /** Epoch milliseconds; null: not on record. */
      readonly createdAt: number | null;
      readonly holds: boolean;
      /** How it was continued last; null: never. */
      readonly resumed: { readonly at: number; readonly how: string } | null;
      /** Of the runtime's own file; null: there is none, or it cannot be told. */
      readonly bytes: number | null;
      /** When something was written to it last, epoch milliseconds. */
      readonly changedAt: number | null;
    };

export function conversationStatus(assessment: Assessment, world: World): ConversationStatus | null {
  const now = conversationInForce(subjectOf(assessment, world.observed));
  switch (now.kind) {
    case 'none':
      return null;
    case 'unreadable':
      return { kind: 'unknown', message: now.message };
    case 'unknown':
      return { kind: 'unknown', message: 'its process shows no id' };
    case 'known': {
      const { id, createdAt, resumed } = now.conversation;
      const evidence = world.observed.conversations.get(assessment.agent)?.evidence.get(id);
      const file = evidence?.state === 'holds' ? evidence : null;
      return {
        ...{ kind: 'known', id, resumed, holds: now.holds, createdAt: createdAt > 0 ? createdAt : null },
        ...{ bytes: file?.bytes ?? null, changedAt: file?.changedAt ?? null },
      };
    }
  }
}
