import * as fs from 'node:fs';
import type {
  Conversation,
  ConversationRecord,
  ConversationSight,
  FormerConversation,
} from '../controller/conversation.js';
import type { Known } from '../controller/observed.js';
import { readText, stampOf } from '../host/atomic-file.js';
import { acceptedFile, conversationFile, type Paths } from '../host/paths.js';
import type { ConversationShape, EvidencePlace } from '../roster/conversation.js';
import type { TranscriptKind } from '../roster/profile.js';
import { leftTraces } from './conversation-traces.js';
import { evidenceOf, type EnvironmentOf } from './conversation-evidence.js';
import { shownConversation } from './conversation-shown.js';

/** Whose conversations are looked at, and where. */
export interface ConversationQuestion {
  readonly agent: string;
  /** What it runs as; else what it would be started as. */
  readonly runtime: string;
  /** null: its runtime has none; what is on record is read all the same. */
  readonly shape: ConversationShape | null;
  /** Where another runtime keeps its conversations: the agent may have been one. null: no file would tell. */
  readonly placeOf: (runtime: string) => EvidencePlace | null;
  readonly transcript: TranscriptKind;
  /** What the agent would be started with, by what its user manager hands on. */
  readonly environment: (manager: EnvironmentOf) => EnvironmentOf;
  /** The process in its own pane and what its session's marks say; null: it does not run. */
  readonly running: {
    readonly pid: number;
    readonly unit: string | null;
    readonly conversation: string | null;
    /** It may be ended: what that would cost is asked. */
    readonly inDoubt: boolean;
    /** It has printed nothing since it came up. */
    readonly printedNothing: boolean;
    /** Epoch seconds of its last output, by tmux's clock. */
    readonly lastOutputAt: number;
  } | null;
}

/** What was read before; for who looks again and again. */
export interface ConversationMemory {
  stamp: string | null;
  readonly records: Map<string, Known<ConversationRecord>>;
  /** What a process showed, which it cannot have changed without printing anything. */
  readonly shown: Map<string, { readonly of: string; readonly id: string | null }>;
}

export const emptyMemory = (): ConversationMemory => ({ stamp: null, records: new Map(), shown: new Map() });

/** So long after an agent's last output all that it has to do with is written, seconds. */
const writtenAfter = 5;

/** What is on record of each agent's conversations, what its process shows, and what its runtime's files hold. */
export function observeConversations(
  paths: Paths,
  questions: Iterable<ConversationQuestion>,
  memory: ConversationMemory = emptyMemory(),
): ReadonlyMap<string, ConversationSight> {
  const directory = `${paths.state}/conversations`;
  // Files are replaced as a whole, which shows in their directory.
  const stamp = stampOf(directory);
  if (stamp === null || stamp !== memory.stamp) memory.records.clear();
  memory.stamp = stamp;
  const none = !fs.existsSync(directory);
  const all = [...questions];
  const startedIn = new Set(all.flatMap(({ running }) => running?.conversation ?? []));
  return new Map(
    all.flatMap((question): readonly (readonly [string, ConversationSight])[] => {
      if (none && question.shape === null) return [];
      const { agent } = question;
      const record = memory.records.get(agent) ?? readConversations(paths, agent);
      memory.records.set(agent, record);
      return [[agent, look(question, record, acceptedFile(paths, agent), startedIn, memory)]];
    }),
  );
}

function look(
  question: ConversationQuestion,
  record: Known<ConversationRecord>,
  accepted: string,
  startedIn: ReadonlySet<string>,
  memory: ConversationMemory,
): ConversationSight {
  const { shape, transcript, running } = question;
  const current = record.known ? record.value.current : null;
  const before = record.known ? record.value.former[0] : undefined;
  const live = shownBy(question, startedIn, memory);
  const ids = new Set(
    [current?.id, before?.id, running?.conversation, live].flatMap((id) => (id ? [id] : [])),
  );
  const evidence = evidenceFor(question, record, ids, {});
  // Only what was never answered was surely never asked: a transcript may lie where nobody looks, in a container, say.
  const silent = ids.size === 0 && shape !== null && running?.inDoubt === true && running.printedNothing;
  return { record, live, evidence, spokenTo: !silent || leftTraces(transcript, running.pid, accepted) };
}

function evidenceFor(
  { runtime, placeOf, environment, running }: ConversationQuestion,
  record: Known<ConversationRecord>,
  ids: Iterable<string>,
  manager: EnvironmentOf,
): ConversationSight['evidence'] {
  const onRecord = record.known ? [record.value.current, record.value.former[0]] : [];
  const under = environment(manager);
  return new Map(
    [...ids].map((id) => {
      const own = onRecord.find((one) => one?.id === id)?.runtime ?? runtime;
      return [id, evidenceOf(placeOf(own), id, under, running)] as const;
    }),
  );
}

/** Whether an agent may be started, and its conversation was not found where its next process would look, as far as is known. */
export const isSought = (
  { running }: ConversationQuestion,
  { evidence }: Pick<ConversationSight, 'evidence'>,
): boolean =>
  [...evidence.values()].some(({ state }) => state === (running === null ? 'empty' : 'elsewhere'));

/**
 * The sight, with its evidence looked for again.
 *
 * @param manager what the user manager hands on; null: it did not say. Then what was not found is unknown
 */
export function soughtAgain(
  question: ConversationQuestion,
  sight: ConversationSight,
  manager: EnvironmentOf | null,
): ConversationSight {
  const evidence =
    manager === null
      ? new Map(
          [...sight.evidence].map(
            ([id, one]) => [id, one.state === 'empty' ? ({ state: 'unknown' } as const) : one] as const,
          ),
        )
      : evidenceFor(question, sight.record, sight.evidence.keys(), manager);
  return { ...sight, evidence };
}

function shownBy(
  { agent, shape, transcript, running }: ConversationQuestion,
  startedIn: ReadonlySet<string>,
  { shown }: ConversationMemory,
): string | null {
  if (shape === null || running === null) return null;
  const { pid, unit, conversation, lastOutputAt } = running;
  const of = `${pid} ${unit} ${conversation} ${lastOutputAt}`;
  const before = shown.get(agent);
  if (before?.of === of) return before.id;
  const id = shownConversation(transcript, pid, conversation, startedIn);
  if (Date.now() / 1000 > lastOutputAt + writtenAfter) shown.set(agent, { of, id });
  return id;
}

/** Reads one record. A file that cannot be read is unknown; only one that is not there is empty. */
export function readConversations(paths: Paths, agent: string): Known<ConversationRecord> {
  const file = conversationFile(paths, agent);
  const content = readText(file);
  switch (content.state) {
    case 'absent':
      return { known: true, value: { current: null, former: [] } };
    case 'unknown':
      return { known: false, message: content.message };
    case 'present': {
      const record = parse(content.text);
      if (record === null) return { known: false, message: `${file} is damaged` };
      return { known: true, value: withAccepted(record, acceptedIn(acceptedFile(paths, agent))) };
    }
  }
}

/**
 * Who delivers a message does not wait for who restarts an agent: that it arrived is a file of its own.
 *
 * @returns whether a conversation is the one that it names. In doubt it is
 */
function acceptedIn(file: string): (id: string) => boolean {
  const content = readText(file);
  if (content.state === 'absent') return () => false;
  const inDoubt = (id: string): boolean => id !== '';
  if (content.state === 'unknown') return inDoubt;
  try {
    const value: unknown = JSON.parse(content.text);
    const named = isObject(value) ? value['holds'] : null;
    return typeof named === 'string' ? (id) => id !== '' && id === named : inDoubt;
  } catch {
    return inDoubt;
  }
}

const withAccepted = (record: ConversationRecord, isAccepted: (id: string) => boolean): ConversationRecord =>
  record.current !== null && isAccepted(record.current.id)
    ? { ...record, current: { ...record.current, accepted: true } }
    : record;

function parse(text: string): ConversationRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || !Array.isArray(value['former'])) return null;
    const current = value['current'] === null ? null : conversationOf(value['current']);
    if (current === undefined) return null;
    const list: readonly unknown[] = value['former'];
    const former = list.map(formerOf);
    return former.includes(null)
      ? null
      : { current, former: former.filter((one): one is FormerConversation => one !== null) };
  } catch {
    return null;
  }
}

/** undefined: it is none. */
function conversationOf(value: unknown): Conversation | undefined {
  if (!isObject(value)) return undefined;
  const { id, runtime, directory, origin, createdAt, accepted, stored, unit, resumed } = value;
  if (typeof id !== 'string' || typeof runtime !== 'string' || typeof directory !== 'string')
    return undefined;
  if (origin !== 'chosen' && origin !== 'learnt') return undefined;
  if (typeof createdAt !== 'number' || typeof accepted !== 'boolean') return undefined;
  if (unit !== null && typeof unit !== 'string') return undefined;
  const again = resumedOf(resumed);
  if (again === undefined) return undefined;
  return {
    ...{ id, runtime, directory, origin, createdAt, accepted, unit, resumed: again },
    ...(stored === true ? { stored } : {}),
  };
}

function resumedOf(value: unknown): Conversation['resumed'] | undefined {
  if (value === null) return null;
  return isObject(value) && typeof value['at'] === 'number' && typeof value['how'] === 'string'
    ? { at: value['at'], how: value['how'] }
    : undefined;
}

const ENDED: readonly string[] = ['fresh', 'reset', 'changed', 'in-runtime', 'resume-failed', 'replaced'];
const isEnded = (value: unknown): value is FormerConversation['ended'] =>
  typeof value === 'string' && ENDED.includes(value);

function formerOf(value: unknown): FormerConversation | null {
  const conversation = conversationOf(value);
  if (conversation === undefined || !isObject(value)) return null;
  const { endedAt, ended } = value;
  return typeof endedAt === 'number' && isEnded(ended) ? { ...conversation, endedAt, ended } : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
