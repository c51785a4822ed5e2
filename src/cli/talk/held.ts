import { setTimeout as delay } from 'node:timers/promises';
import { removeEntry, rewriteEntry } from '../../actuators/outbox.js';
import type { Delivered } from '../../controller/deliver.js';
import { isOf, type Attempt, type OutboxEntry, type StoredEntry } from '../../controller/outbox.js';
import { screenState } from '../../controller/screen.js';
import { outboxDirectory } from '../../host/paths.js';
import { transcriptOf } from '../../observers/transcripts/transcript.js';
import type { Context } from '../context.js';
import type { Line } from './line.js';
import { look } from './mail.js';

/** A runtime that is idle has read what it held, and writes that down within this. */
const readMs = 2000;

/** An entry that the agent's process of now holds. */
export type Held = StoredEntry & { readonly entry: OutboxEntry & { readonly attempt: Attempt } };

/** Whether the agent's own process took it while it was busy. One that a former process held is delivered like any other. */
export const isHeld = (mail: StoredEntry, line: Line): mail is Held =>
  mail.entry.held === true && mail.entry.attempt !== null && isOf(mail.entry.attempt, line.target);

/**
 * Keeps what a runtime took while it was busy until its transcript has it. A process that ends before would take it along.
 *
 * @returns false where nothing would ever tell that it was read: it is forgotten
 */
export function keepHeld(context: Context, line: Line, { name, entry }: StoredEntry): boolean {
  const directory = outboxDirectory(context.paths, line.agent.name);
  // Nothing but its screen would ever tell more of it.
  const kept = line.profile.transcript !== 'none' && entry.attempt !== null;
  if (!kept) removeEntry(directory, name);
  else if (entry.held !== true || !entry.left)
    rewriteEntry(directory, name, { ...entry, left: true, held: true }, 'synced');
  return kept;
}

/**
 * Looks whether the agent has read what it held. Nothing is typed. The caller holds the agent's lock.
 *
 * @param note writes down what became of one
 */
export async function settleHeld(
  context: Context,
  line: Line,
  mails: readonly Held[],
  note: (entry: OutboxEntry, result: Delivered) => Promise<void>,
): Promise<void> {
  const transcript = transcriptOf(line.profile.transcript, line.target.pid);
  const directory = outboxDirectory(context.paths, line.agent.name);
  const settle = async (left: readonly Held[], is: 'busy' | 'idle'): Promise<readonly Held[]> => {
    const rest: Held[] = [];
    for (const mail of left) {
      const { text, addressed, attempt } = mail.entry;
      // What is idle has written down all that it has read.
      const arrival = transcript.arrival(attempt.position, text, addressed, is === 'idle' ? 'ended' : null);
      if (arrival === 'arrived') {
        const result = {
          status: 'delivered',
          reason: null,
          message: 'seen in the transcript',
          attempts: 0,
        } as const;
        if (removeEntry(directory, mail.name) === null) await note(mail.entry, result);
      } else if (arrival === 'unknown' && is === 'idle') {
        // Nothing will ever tell: its receipt stands.
        removeEntry(directory, mail.name);
      } else rest.push(mail);
    }
    return rest;
  };
  let left = await settle(mails, 'busy');
  if (left.length === 0 || !(await isIdle(context, line))) return;
  left = await settle(left, 'idle');
  if (left.length === 0) return;
  await delay(readMs);
  left = await settle(left, 'idle');
  if (left.length === 0 || !(await isIdle(context, line))) return;
  const { files } = transcript.position();
  // Of whoever was at work something has been written since. In a container, or where its wrapper says so, it is kept where nobody
  // looks; what is found here is of other conversations, of its runtime outside for example.
  const isKept = ({ position }: Attempt): boolean =>
    files.some(({ path, size }) => size !== (position.files.find((file) => file.path === path)?.size ?? 0));
  for (const { name, entry } of left) {
    if (!isKept(entry.attempt)) {
      removeEntry(directory, name);
      continue;
    }
    const message =
      'the agent held it, is idle, and its transcript does not show it: its human may have taken it back';
    if (rewriteEntry(directory, name, { ...entry, held: false, parked: message }, 'synced') === null)
      await note(entry, { status: 'unknown', reason: null, message, attempts: 0 });
  }
}

async function isIdle(context: Context, line: Line): Promise<boolean> {
  const seen = await look(context, line);
  return seen.known && seen.value !== null && screenState(line.profile, seen.value).activity === 'ready';
}
