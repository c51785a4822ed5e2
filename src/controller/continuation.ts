import { hasConversations, resumabilityOf, type ConversationShape } from '../roster/conversation.js';
import { profileOf } from '../roster/profile.js';
import type { AgentSpec } from '../roster/types.js';
import type { Assessment } from './assess.js';
import { goneText, unreadableText } from './barred-text.js';
import {
  findConversation,
  unseen,
  type Conversation,
  type ConversationSight,
  type EndedBy,
} from './conversation.js';
import type { Desired } from './desired.js';
import { holdsAnything, shapeFor } from './holding.js';
import { lastOne, neverBegan } from './last-conversation.js';
import type { AgentFiles, LastEnd, Marks, Observed } from './observed.js';
import { endedOnResume, endedSoon } from './soon-ended.js';

/** The conversation an agent is in, or was in when it ran last. */
export type InForce =
  /** None that anything is known of. */
  | { readonly kind: 'none' }
  /** Its record cannot be read: unknown, never none. */
  | { readonly kind: 'unreadable'; readonly message: string }
  /** It runs, its runtime has conversations, and which one it is in cannot be told. */
  | { readonly kind: 'unknown'; readonly holds: boolean }
  | {
      readonly kind: 'known';
      readonly conversation: Conversation;
      /** Whether there is anything to lose. In doubt there is. */
      readonly holds: boolean;
      /** Where the next start would find it. */
      readonly place: 'there' | 'gone' | 'elsewhere';
      /** What is on record in its place is one that never began: its start was refused, or cut short before it came. */
      readonly unbegun?: true;
    };

/** What an agent's next start does about its conversation. */
export type NextStart =
  /** Without conversation arguments. `because`: why, where its runtime has conversations; `wordless`: whose command has no place for them. */
  | { readonly kind: 'plain'; readonly because: string | null; readonly wordless?: 'agent' | 'site' }
  /**
   * The same id: continued where it holds anything when the process starts, else begun. `strange`: it is on no record of the agent,
   * but on that of the agent named; null: on none that is known.
   */
  | {
      readonly kind: 'same';
      readonly conversation: Conversation;
      readonly resumes: boolean;
      readonly strange?: string | null;
    }
  /** A new one. `because`: why an earlier one is not continued; null: there was none. */
  | { readonly kind: 'fresh'; readonly because: string | null; readonly ended: EndedBy }
  /**
   * Nothing is started: what was accepted would be lost, or may be, since its record cannot be read, or since another agent
   * has it.
   */
  | { readonly kind: 'barred'; readonly code: BarredCode; readonly message: string };

export type BarredCode = 'unreadable' | 'gone' | 'in-use';

export interface ConversationOutlook {
  readonly now: InForce;
  readonly next: NextStart;
}

export interface Subject {
  readonly agent: string;
  readonly sight: ConversationSight | undefined;
  /** Of the session that lives; null: none does. */
  readonly marks: Marks | null;
  readonly files: AgentFiles | null;
  readonly desired: Desired | null;
  /** How it ended last; null: it runs, or that is not on record. */
  readonly end: LastEnd | null;
}

export function subjectOf(
  { agent, desired, situation, files }: Assessment,
  { conversations, ends }: Observed,
): Subject {
  const lives = situation.kind === 'live' || situation.kind === 'unmarked';
  return {
    agent,
    desired,
    files,
    sight: conversations.get(agent),
    marks: lives ? situation.session.marks : null,
    end: lives ? null : (ends.get(agent) ?? null),
  };
}

/** @param fresh why its next start is to begin a new conversation; null: it is not */
export function outlook(subject: Subject, fresh: EndedBy | null): ConversationOutlook {
  const now = conversationInForce(subject);
  return { now, next: nextStart(now, subject, fresh) };
}

/** The conversation in force, from what is written down and what the process shows. */
export function conversationInForce({ sight = unseen, marks, files, desired, end }: Subject): InForce {
  if (!sight.record.known) return { kind: 'unreadable', message: sight.record.message };
  const record = sight.record.value;
  const spec = desired?.spec ?? null;
  if (marks === null) {
    const last = lastOne(record, sight, spec, end);
    if (last === null) return { kind: 'none' };
    return { ...known(last.conversation, sight, spec), ...(last.unbegun ? { unbegun: true } : {}) };
  }
  const started = files?.applied?.started ?? {};
  const runtime = started['runtime'] ?? spec?.runtime ?? '';
  const seen = record.current?.unit != null && record.current.unit === marks.unit ? record.current.id : null;
  const id = sight.live ?? seen ?? marks.conversation;
  if (id === null || id === '') {
    return mayHave(runtime, spec) ? { kind: 'unknown', holds: sight.spokenTo } : { kind: 'none' };
  }
  const directory = started['working_directory'] ?? spec?.workingDirectory ?? '';
  const made = record.current?.id === '' ? { ...record.current, id } : null;
  const found = findConversation(record, id) ??
    made ?? {
      ...{
        id,
        runtime,
        directory,
        origin: 'learnt',
        createdAt: 0,
        accepted: false,
        unit: null,
        resumed: null,
      },
    };
  const unbegun = found.id !== record.current?.id && neverBegan(record, marks, sight, spec);
  return { ...known(found, sight, spec), ...(unbegun ? { unbegun } : {}) };
}

/** Whether there is anything in it that could be lost. In doubt there is. */
export function isAtStake(now: InForce): boolean {
  switch (now.kind) {
    case 'none':
      return false;
    case 'unreadable':
      return true;
    case 'unknown':
    case 'known':
      return now.holds;
  }
}

/** Whether a running process of this runtime may be in a conversation. */
const mayHave = (runtime: string, spec: AgentSpec | null): boolean =>
  spec?.runtime === runtime && profileOf(spec).conversation !== null ? true : hasConversations(runtime);

function known(
  conversation: Conversation,
  sight: ConversationSight,
  spec: AgentSpec | null,
): Extract<InForce, { kind: 'known' }> {
  const evidence = sight.evidence.get(conversation.id)?.state ?? 'unknown';
  const shape = shapeFor(conversation, spec);
  // A file that appears late proves nothing by its absence, unless it was there.
  const proven = conversation.accepted && (shape?.late !== true || conversation.stored === true);
  const gone = evidence === 'empty' && shape?.evidence != null && proven;
  const place = evidence === 'elsewhere' ? 'elsewhere' : gone ? 'gone' : 'there';
  return { kind: 'known', conversation, holds: holdsAnything(conversation, sight, spec), place };
}

export function nextStart(now: InForce, subject: Subject, fresh: EndedBy | null): NextStart {
  const { desired, end, agent } = subject;
  // In no roster, or its env file cannot be read: it is not started as it is.
  if (desired?.kind !== 'resolved') return { kind: 'plain', because: null };
  const { spec, site } = desired;
  const can = resumabilityOf(spec, site);
  switch (can.kind) {
    case 'none':
      return { kind: 'plain', because: movedFrom(now, spec) };
    case 'cannot':
      return { ...can, kind: 'plain' };
    case 'can':
  }
  if (fresh !== null) return { kind: 'fresh', because: null, ended: fresh };
  const back = cameBackTo(now, subject, spec, can.shape);
  if (back !== null) return { kind: 'same', conversation: back, resumes: true };
  switch (now.kind) {
    case 'unreadable':
      return { kind: 'barred', code: 'unreadable', message: unreadableText(now.message, agent) };
    case 'none':
      return { kind: 'fresh', because: null, ended: 'changed' };
    case 'unknown':
      return { kind: 'fresh', because: 'its id is unknown', ended: 'changed' };
    case 'known':
      return continued(now, spec, can.shape, end, agent);
  }
}

/**
 * Where nothing was said in what runs: the one before it, ended by an edit that has been taken back since. null: it is not so, or
 * that one cannot be found.
 */
function cameBackTo(
  now: InForce,
  { sight = unseen, marks }: Subject,
  spec: AgentSpec,
  shape: ConversationShape,
): Conversation | null {
  // What does not run is in that one already, see `lastOne`.
  if (marks === null || now.kind === 'none' || isAtStake(now) || !sight.record.known) return null;
  const { current, former } = sight.record.value;
  const [before] = former;
  // One that was begun since, and is not on record yet, has another before it.
  const onRecord = current?.id === (now.kind === 'known' ? now.conversation.id : '');
  if (!onRecord || before?.ended !== 'changed' || before.runtime !== spec.runtime) return null;
  if (!shape.elsewhere && anotherDirectory(before, spec) !== null) return null;
  return known(before, sight, spec).place === 'there' ? before : null;
}

function continued(
  now: Extract<InForce, { kind: 'known' }>,
  spec: AgentSpec,
  shape: ConversationShape,
  end: LastEnd | null,
  agent: string,
): NextStart {
  const { conversation, holds } = now;
  const because = movedFrom(now, spec) ?? (shape.elsewhere ? null : anotherDirectory(conversation, spec));
  if (!holds) {
    // An id that just failed is not tried again: there is nothing to lose with it.
    const again =
      conversation.runtime === spec.runtime &&
      shape.again &&
      shape.identity === 'chosen' &&
      because === null &&
      !endedSoon(conversation, end);
    return again
      ? { kind: 'same', conversation, resumes: false }
      : { kind: 'fresh', because: null, ended: 'changed' };
  }
  if (because !== null) return { kind: 'fresh', because, ended: 'changed' };
  switch (now.place) {
    case 'there':
      return { kind: 'same', conversation, resumes: true };
    case 'elsewhere':
      return { kind: 'fresh', because: 'its environment leads to another home', ended: 'changed' };
    case 'gone':
      return { kind: 'barred', code: 'gone', message: goneText(conversation.id, agent) };
  }
}

const movedFrom = (now: InForce, spec: AgentSpec): string | null =>
  now.kind === 'known' && now.holds && now.conversation.runtime !== spec.runtime
    ? `runtime: ${now.conversation.runtime} → ${spec.runtime}`
    : null;

const anotherDirectory = ({ directory, runtime }: Conversation, spec: AgentSpec): string | null =>
  directory === spec.workingDirectory
    ? null
    : `working_directory: ${directory} → ${spec.workingDirectory}, where ${runtime} cannot resume it`;

/** Whether the last start failed so with the conversation in force. */
export const resumeFailed = (now: InForce, end: LastEnd | null): boolean =>
  now.kind === 'known' && end?.conversation?.id === now.conversation.id && endedOnResume(end);
