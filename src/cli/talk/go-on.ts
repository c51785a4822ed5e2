import { randomBytes } from 'node:crypto';
import { leaveMessage, removeEntry } from '../../actuators/outbox.js';
import type { Conversation } from '../../controller/conversation.js';
import type { OutboxEntry } from '../../controller/outbox.js';
import type { Outcome } from '../../controller/port.js';
import { outboxDirectory } from '../../host/paths.js';
import { filesOf, type EnvironmentOf } from '../../observers/conversation-evidence.js';
import { readOutbox } from '../../observers/outbox.js';
import { turnIn } from '../../observers/transcripts/transcript.js';
import { profileOf } from '../../roster/profile.js';
import type { AgentSpec } from '../../roster/types.js';
import type { Context } from '../context.js';

/** The message it was at work on is in its history, and must not be sent again. */
const word =
  'You were interrupted in the middle of your turn: your process was ended, and this conversation is continued. Go on where you stopped.';

/**
 * Leaves the word to go on for an agent whose conversation is about to be continued, where it ends, or has ended, in the
 * middle of a turn. Where that cannot be told, nothing is left.
 *
 * @param environment what it would be started with
 * @param after the process that runs now and will be replaced; null: none
 */
export function leaveWordToGoOn(
  context: Context,
  agent: AgentSpec,
  environment: EnvironmentOf,
  { id }: Conversation,
  after: OutboxEntry['after'],
): Outcome {
  const { conversation, transcript } = profileOf(agent);
  if (conversation?.evidence == null) return null;
  if (turnIn(transcript, filesOf(conversation.evidence, id, environment) ?? [], id) !== 'open') return null;
  const directory = outboxDirectory(context.paths, agent.name);
  const outbox = readOutbox(directory);
  if (!outbox.known) return outbox.message;
  // One is enough, however often it is interrupted before it was told.
  for (const { name, entry } of outbox.value) if (entry.kind === 'continue') removeEntry(directory, name);
  const left = leaveMessage(directory, {
    ...{ id: randomBytes(8).toString('hex'), kind: 'continue', agent: agent.name, text: word },
    ...{ addressed: false, source: 'fleet', createdAt: context.now(), left: true },
    ...{ attempt: null, after, parked: null },
  });
  return 'problem' in left ? left.problem : null;
}
