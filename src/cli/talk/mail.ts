import { setTimeout as delay } from 'node:timers/promises';
import { pasteText, pressKeys } from '../../actuators/messages.js';
import { rewriteEntry } from '../../actuators/outbox.js';
import { deliver, type Delivered } from '../../controller/deliver.js';
import { fresh, type DeliveryOrder, type DeliveryResult, type Progress } from '../../controller/delivery.js';
import { asPasted } from '../../controller/message.js';
import type { Known } from '../../controller/observed.js';
import { isOf, recovered, type Attempt, type OutboxEntry, type Recovered } from '../../controller/outbox.js';
import type { Screen } from '../../controller/screen.js';
import { nowhere } from '../../controller/transcript.js';
import { livedClock } from '../../host/clock.js';
import { outboxDirectory } from '../../host/paths.js';
import { profileOfProcess } from '../../observers/loading.js';
import { lookAt } from '../../observers/screens.js';
import { hasReadAll } from '../../observers/terminal-input.js';
import { transcriptOf, type Transcript } from '../../observers/transcripts/transcript.js';
import type { Context } from '../context.js';
import type { Line } from './line.js';
import { sameAhead } from './same-ahead.js';

/** How an entry is delivered; its agent and its text are its own. */
export type Manner = Omit<DeliveryOrder, 'agent' | 'text'>;

/** An entry, and the file that remembers what was done with it. */
export interface Mail {
  readonly name: string;
  readonly entry: OutboxEntry;
}

/**
 * Delivers one entry. What an earlier sender had begun is judged first: it is finished where it stands in the composer, told
 * where the transcript has it, begun anew only where it is proven that it never arrived and somebody still wants it.
 * The caller holds the agent's lock.
 *
 * @returns the result, and the entry as its file has it now. `waits`: what an earlier sender had begun can neither be finished nor
 *   judged yet; nothing was done
 */
export async function deliverMail(
  context: Context,
  line: Line,
  mail: Mail,
  manner: Manner,
): Promise<{ readonly result: Delivered; readonly entry: OutboxEntry; readonly waits?: true }> {
  const transcript = transcriptOf(line.profile.transcript, line.target.pid);
  const order: DeliveryOrder = { ...manner, agent: line.agent.name, text: mail.entry.text };
  const now = livedClock();
  const begun = await takeUp(context, line, mail.entry, transcript, now());
  if (begun.kind !== 'open') {
    const result = { ...begun.result, attempts: 0 };
    return { result, entry: mail.entry, ...(begun.kind === 'waits' ? { waits: true } : {}) };
  }
  let entry = begun.entry;
  const directory = outboxDirectory(context.paths, line.agent.name);
  const press = (keys: readonly string[]) =>
    pressKeys(context.exec, line.socket, line.agent.name, line.target, keys, line.profile.dialog);
  const profile = profileOfProcess(line.profile, line.target.pid);
  const result = await deliver(order, line.target, profile, {
    look: () => look(context, line),
    arrival: () => transcript.arrival(entry.attempt?.position ?? nowhere, entry.text, entry.addressed),
    prepare: () => {
      const attempt: Attempt = {
        at: context.now(),
        target: line.target,
        position: { ...transcript.position(), ...sameAhead(context, line, transcript, entry) },
      };
      entry = { ...entry, attempt };
      return rewriteEntry(directory, mail.name, entry, entry.left ? 'synced' : 'derived');
    },
    paste: () => {
      const text = asPasted(entry.text, line.profile.completes);
      return pasteText(context.exec, line.socket, line.agent.name, line.target, entry.id, text, line.profile.dialog);
    },
    enter: press,
    clear: () => press(line.profile.clearDraft),
    sleep: (ms) => delay(ms),
    interrupted: context.interrupted,
    now,
  }, begun.progress); // prettier-ignore
  // Its guard kept it from being typed, or it could not be written down: whoever finds an attempt would ask what became of it. What
  // its sender waits for keeps it: found without one, it would be begun by whoever finds it, although its sender was told otherwise.
  if (entry.left && result.status === 'refused' && entry.attempt !== begun.entry.attempt) {
    entry = { ...entry, attempt: null };
    rewriteEntry(directory, mail.name, entry, 'synced');
  }
  return { result, entry };
}

/** One look at the agent's own pane; null: it is gone. */
export async function look(
  context: Context,
  { socket, target, glance }: Line,
): Promise<Known<Screen | null>> {
  const glanced = glance?.() ?? null;
  if (glanced !== null) return { known: true, value: glanced };
  const seen = await lookAt(context.exec, socket, [target]);
  return seen.known ? { known: true, value: seen.value.get(target.pane) ?? null } : seen;
}

type TakenUp =
  /** `waits`: it is asked again later. */
  | { readonly kind: 'known' | 'waits'; readonly result: DeliveryResult }
  | { readonly kind: 'open'; readonly entry: OutboxEntry; readonly progress: Progress };

async function takeUp(
  context: Context,
  line: Line,
  entry: OutboxEntry,
  transcript: Transcript,
  now: number,
): Promise<TakenUp> {
  const { attempt } = entry;
  if (attempt === null) return { kind: 'open', entry, progress: fresh(now) };
  const as =
    (kind: 'known' | 'waits') =>
    (status: DeliveryResult['status'], message: string, reason: DeliveryResult['reason'] = null) =>
      ({ kind, result: { status, reason, message } }) as const;
  const known = as('known');
  const waits = as('waits');
  const later = (message: string): TakenUp =>
    // Nobody waits for it, and it must not keep others from being told: an operator finds it in the outbox.
    entry.left ? waits('refused', message, 'Busy') : known('unknown', `its sender ended, and ${message}`);
  const absent = (): TakenUp =>
    entry.left
      ? { kind: 'open', entry: { ...entry, attempt: null, held: false }, progress: fresh(now) }
      : known('refused', 'its sender ended before it reached the agent');
  const judge = async (): Promise<Recovered | TakenUp> => {
    const seen = await look(context, line);
    if (!seen.known) return waits('refused', seen.message, 'NotReady');
    if (seen.value === null) return waits('refused', 'its pane is gone', 'Dead');
    const ended = isOf(attempt, line.target) ? null : 'ended';
    const arrival = transcript.arrival(attempt.position, entry.text, entry.addressed, ended);
    const place = transcript.goesOn(attempt.position, ended);
    return recovered({ text: entry.text, attempt }, line.target, line.profile, seen.value, arrival, place);
  };
  const judged = await judge();
  if (typeof judged !== 'string') return judged;
  switch (judged) {
    case 'arrived':
      return known('delivered', 'seen in the transcript');
    case 'queued':
      return known('queued', 'the agent is busy and holds it');
    case 'finish':
      return { kind: 'open', entry, progress: { ...fresh(now), phase: 'pasted' } };
    case 'absent':
      return absent();
    case 'unseen':
      // What it read meanwhile shows now.
      return (await hasReadAll(context.exec, line.target.pid)) && (await judge()) === 'unseen'
        ? absent()
        : later('its program has not read, or not drawn, what was typed');
    case 'wait':
      return later('whether it arrived can be told when the agent is idle');
    case 'unknown':
      return known('unknown', 'it was typed before, and nothing tells whether it arrived');
  }
}
