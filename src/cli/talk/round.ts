import { removeEntry, rewriteEntry } from '../../actuators/outbox.js';
import type { Delivered } from '../../controller/deliver.js';
import type { DeliveryResult, DeliveryStatus } from '../../controller/delivery.js';
import { digestOf } from '../../controller/message.js';
import type { OutboxEntry } from '../../controller/outbox.js';
import { lockOwner } from '../../host/lock.js';
import { controllerLock, outboxDirectory } from '../../host/paths.js';
import { isOwnPid } from '../../host/pid-namespace.js';
import { readOutbox } from '../../observers/outbox.js';
import type { Context } from '../context.js';
import { noteAccepted } from '../keep-conversations.js';
import { eventOf } from '../event-record.js';
import { isHeld, keepHeld, settleHeld, type Held } from './held.js';
import type { Line } from './line.js';
import { deliverMail, type Mail, type Manner } from './mail.js';

export interface Round {
  /** What became of the entries that were looked at, by id. */
  readonly results: ReadonlyMap<string, Delivered>;
  /** Why an entry waits, and with it all behind it; null: nothing waits. */
  readonly blocked: DeliveryResult | null;
}

/** Delivers what was left for an agent, in order, up to the first that has to wait. The caller holds the agent's lock. */
export async function deliverLeft(context: Context, line: Line, manner: Manner): Promise<Round> {
  const results = new Map<string, Delivered>();
  const directory = outboxDirectory(context.paths, line.agent.name);
  const outbox = readOutbox(directory);
  if (!outbox.known)
    return { results, blocked: { status: 'refused', reason: 'NotReady', message: outbox.message } };
  const held: Held[] = [];
  for (const mail of outbox.value) {
    const { entry } = mail;
    if (entry.parked !== null) continue;
    if (isHeld(mail, line)) {
      held.push(mail);
      continue;
    }
    if (context.interrupted()) return { results, blocked: cutShort };
    if (entry.after?.pid === line.target.pid && entry.after.server === line.target.server) {
      if (mayStillCome(context)) return { results, blocked: waitsForStart };
      const dropped = drop(context, directory, mail, 'its restart did not come');
      if (dropped !== null) return { results, blocked: dropped };
      continue;
    }
    const made = await deliverMail(context, line, mail, manner);
    results.set(entry.id, made.result);
    if (made.waits === true) return { results, blocked: made.result };
    const blocked = await settle(context, line, mail, made.entry, made.result);
    if (blocked !== null) return { results, blocked };
  }
  if (held.length > 0) await settleHeld(context, line, held, (...one) => note(context, ...one, line));
  return { results, blocked: null };
}

/** Looks whether it has read what it held. The caller holds the agent's lock. @returns whether it held any */
export async function settleAllHeld(context: Context, line: Line): Promise<boolean> {
  const outbox = readOutbox(outboxDirectory(context.paths, line.agent.name));
  const held = outbox.known ? outbox.value.filter((mail): mail is Held => isHeld(mail, line)) : [];
  if (held.length > 0) await settleHeld(context, line, held, (...one) => note(context, ...one, line));
  return held.length > 0;
}

/**
 * Whether somebody may be at the restart that a first message was left for. A command has the lock from before it leaves the message
 * to the end; a controller gives it back while slow work goes on, and then only the controller itself can tell: its postman leaves
 * alone whom it is ending.
 */
function mayStillCome({ paths }: Context): boolean {
  const controller = lockOwner(controllerLock(paths));
  return lockOwner(paths.lock) !== null || (controller !== null && !isOwnPid(controller));
}

/** @returns why what waits cannot be dropped, or null */
function drop(
  context: Context,
  directory: string,
  { name, entry }: Mail,
  why: string,
): DeliveryResult | null {
  const problem = removeEntry(directory, name);
  if (problem !== null) return { status: 'refused', reason: 'NotReady', message: problem };
  const { agent, id, kind } = entry;
  context.record([
    eventOf(kind, context.now(), { agent, id, status: 'dropped', message: `dropped ${id}: ${why}` }),
  ]);
  return null;
}

/** It is for a process that does not run yet. */
export const waitsForStart: DeliveryResult = {
  status: 'refused',
  reason: 'NotReady',
  message: 'its first message waits for its next start',
};

/** Nothing is begun any more. */
export const cutShort: DeliveryResult = {
  status: 'refused',
  reason: 'NotReady',
  message: 'interrupted before anything was typed',
};

/**
 * Writes down what became of an entry: the event, and the entry itself where it is not done with.
 *
 * @returns why it waits, or null
 */
async function settle(
  context: Context,
  line: Line,
  { name, entry: before }: Mail,
  entry: OutboxEntry,
  result: Delivered,
): Promise<DeliveryResult | null> {
  const directory = outboxDirectory(context.paths, line.agent.name);
  const gone = async (): Promise<DeliveryResult | null> => {
    const problem = removeEntry(directory, name);
    await note(context, entry, result, line);
    // Found there again it would be judged again: not at once, and not without a pause.
    return problem === null ? null : { ...result, message: `${result.message}; ${problem}` };
  };
  switch (result.status) {
    case 'queued':
      if (keepHeld(context, line, { name, entry })) {
        if (entry.held !== true) await note(context, entry, result, line);
        return null;
      }
      return gone();
    case 'delivered':
      return gone();
    case 'refused':
      if (!entry.left) return gone();
      if (entry.attempt !== before.attempt) rewriteEntry(directory, name, entry, 'synced');
      return result;
    case 'drafted':
    case 'unknown': {
      const first = before.attempt === null;
      // The next round can tell more. What was pasted is only ever entered or found, never pasted again.
      if (first || (result.reason !== null && passing.has(result.reason))) {
        if (first) await note(context, entry, result, line);
        return result;
      }
      const problem = rewriteEntry(directory, name, { ...entry, parked: result.message }, 'synced');
      await note(context, entry, result, line);
      return problem === null ? null : result;
    }
  }
}

/** What keeps a text in its composer for a while. */
const passing: ReadonlySet<string> = new Set(['Dialog', 'CopyMode', 'Busy']);

/** What a sender is told. */
type Told = Omit<Delivered, 'status'> & { readonly status: DeliveryStatus | 'left' };

/**
 * An event for a receipt: everything but what was said.
 *
 * @param line on which it was said; null: nothing was
 */
export async function note(
  context: Context,
  entry: OutboxEntry,
  result: Told,
  line: Line | null,
): Promise<void> {
  const { id, kind, agent, text, source } = entry;
  const bytes = Buffer.byteLength(text);
  if (result.status === 'delivered' && line !== null) await noteAccepted(context, agent, line.marks);
  context.record([
    eventOf(kind, context.now(), {
      ...{ agent, id, source, bytes, sha256: digestOf(text) },
      ...{ status: result.status, reason: result.reason ?? undefined, attempts: result.attempts },
      message: `${result.status}, ${bytes} bytes from ${source}: ${result.message}`,
    }),
  ]);
}
