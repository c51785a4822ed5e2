import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Hold, Memory } from '../controller/observed.js';
import { danglingLink } from '../host/dangling.js';
import { errorCode } from '../host/error-code.js';
import { observeMemory } from './memory.js';
import { agentsWithMail } from './outbox.js';

/** What of a state directory is to be had nowhere else. */
export type Kept = 'conversations' | 'holds' | 'approvals' | 'messages';

/** What a state directory keeps of that. What cannot be told counts as kept. @param now Epoch milliseconds */
export function keptIn(state: string, now: number): readonly Kept[] {
  const memory = observeMemory(state);
  const mail = agentsWithMail(path.join(state, 'outbox'));
  const kept: Readonly<Record<Kept, boolean>> = {
    conversations: hasEntries(path.join(state, 'conversations')),
    holds: !memory.known || holdsOf(memory.value).some(({ until }) => until === null || until > now),
    approvals: memory.known && memory.value.approvals.length > 0,
    messages: !mail.known || mail.value.length > 0,
  };
  return (['conversations', 'holds', 'approvals', 'messages'] as const).filter((kind) => kept[kind]);
}

const holdsOf = ({ holds, fleetHold }: Memory): readonly Hold[] => [
  ...holds.values(),
  ...(fleetHold === null ? [] : [fleetHold]),
];

function hasEntries(directory: string): boolean {
  try {
    return fs.readdirSync(directory).length > 0;
  } catch (error) {
    return errorCode(error) !== 'ENOENT' || danglingLink(directory) !== null;
  }
}
