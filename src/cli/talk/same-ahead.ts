import { isOf, type OutboxEntry } from '../../controller/outbox.js';
import type { TranscriptPosition } from '../../controller/transcript.js';
import { outboxDirectory } from '../../host/paths.js';
import { readOutbox } from '../../observers/outbox.js';
import { isSame, timesWithin } from '../../observers/transcripts/lines.js';
import type { Transcript } from '../../observers/transcripts/transcript.js';
import type { Context } from '../context.js';
import type { Line } from './line.js';

/** How often these words stand in messages that the agent's process holds, and has not read yet: it will read those first. */
export function sameAhead(
  { paths }: Context,
  { agent, target }: Line,
  transcript: Transcript,
  { id, text }: OutboxEntry,
): Required<Pick<TranscriptPosition, 'ahead' | 'within'>> {
  const outbox = readOutbox(outboxDirectory(paths, agent.name));
  let [ahead, within] = [0, 0];
  for (const { entry } of outbox.known ? outbox.value : []) {
    const { attempt, addressed } = entry;
    if (entry.held !== true || entry.id === id || attempt === null || !isOf(attempt, target)) continue;
    const same = isSame(entry.text, text);
    const times = same ? 1 : timesWithin(entry.text, text);
    if (times === 0 || transcript.arrival(attempt.position, entry.text, addressed) === 'arrived') continue;
    if (same) ahead += 1;
    else within += times;
  }
  return { ahead, within };
}
