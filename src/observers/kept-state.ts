import * as fs from 'node:fs';
import * as path from 'node:path';
import { errorCode } from '../host/atomic-file.js';
import { observeMemory } from './memory.js';
import { agentsWithMail } from './outbox.js';

/** What of a state directory is to be had nowhere else. */
export type Kept = 'conversations' | 'holds' | 'approvals' | 'messages';

/** What a state directory keeps of that. What cannot be told counts as kept. */
export function keptIn(state: string): readonly Kept[] {
  const memory = observeMemory(state);
  const mail = agentsWithMail(path.join(state, 'outbox'));
  const kept: Readonly<Record<Kept, boolean>> = {
    conversations: hasEntries(path.join(state, 'conversations')),
    holds: !memory.known || memory.value.holds.size > 0 || memory.value.fleetHold !== null,
    approvals: memory.known && memory.value.approvals.length > 0,
    messages: !mail.known || mail.value.length > 0,
  };
  return (['conversations', 'holds', 'approvals', 'messages'] as const).filter((kind) => kept[kind]);
}

function hasEntries(directory: string): boolean {
  try {
    return fs.readdirSync(directory).length > 0;
  } catch (error) {
    return errorCode(error) !== 'ENOENT';
  }
}
