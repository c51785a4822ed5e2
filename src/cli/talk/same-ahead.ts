import { isOf, type OutboxEntry } from '../../controller/outbox.js';
import { outboxDirectory } from '../../host/paths.js';
import { readOutbox } from '../../observers/outbox.js';
import type { Transcript } from '../../observers/transcripts/transcript.js';
import type { Context } from '../context.js';
import type { Line } from './line.js';

/** How many messages with exactly these words the agent's process holds, and has not read yet: it will read those first. */
export function sameAhead(
  { paths }: Context,
  { agent, target }: Line,
  transcript: Transcript,
  { id, text }: OutboxEntry,
): number {
  const outbox = readOutbox(outboxDirectory(paths, agent.name));
  return (outbox.known ? outbox.value : []).filter(({ entry }) => {
    const { attempt, addressed } = entry;
    if (entry.held !== true || entry.id === id || entry.text !== text) return false;
    if (attempt === null || !isOf(attempt, target)) return false;
    return transcript.arrival(attempt.position, text, addressed) !== 'arrived';
  }).length;
}
