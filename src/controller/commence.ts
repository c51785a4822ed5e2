import { resumabilityOf, type ConversationShape } from '../roster/conversation.js';
import { expandHome } from '../roster/effective.js';
import type { PlannedAction } from './action.js';
import type { InForce } from './continuation.js';
import {
  noConversations,
  unseen,
  withCurrent,
  type Conversation,
  type ConversationRecord,
  type ConversationSight,
} from './conversation.js';
import type { Desired } from './desired.js';
import type { LaunchConversation, LaunchPlaces } from './launch.js';

type Resolved = Extract<Desired, { kind: 'resolved' }>;

export interface Commencement {
  /** What is to be on record before the process starts; null: it stays as it is. */
  readonly record: ConversationRecord | null;
  readonly launch: LaunchConversation | null;
}

/** Which conversation an agent is started in, by what its plan says. */
export function commence(
  { action, conversation: { now: inForce, next }, reasons }: PlannedAction,
  desired: Resolved,
  sight: ConversationSight | undefined,
  {
    places,
    newId,
    now,
  }: { readonly places: LaunchPlaces; readonly newId: () => string; readonly now: number },
): Commencement {
  const before = sight?.record.known === true ? sight.record.value : noConversations;
  const can = resumabilityOf(desired.spec, desired.site);
  const shape = can.kind === 'can' ? can.shape : null;
  if (action === 'update') return { record: null, launch: runningIn(inForce, shape, desired) };
  const settled = settledRecord(before, inForce, now, sight);
  const held = inForce.kind === 'known' ? inForce.holds : settled.current?.accepted === true;
  const blank: Conversation = {
    ...{ id: '', runtime: desired.spec.runtime, directory: desired.spec.workingDirectory, origin: 'learnt' },
    ...{ createdAt: now, accepted: false, unit: null, resumed: null },
  };
  switch (next.kind) {
    case 'plain':
    case 'barred': {
      // Nothing is ever written for an agent that never had a conversation.
      const never = settled.current === null && settled.former.length === 0;
      return {
        record: never ? null : withCurrent(settled, blank, { ended: 'changed', at: now, held }),
        launch: null,
      };
    }
    case 'same': {
      const [reason] = reasons;
      const resumed = next.resumes
        ? { at: now, how: reason === undefined ? action : `${action}: ${reason.code}` }
        : next.conversation.resumed;
      // Only that its process was seen in it, and nothing was said: the pane's first program must not take that for something to
      // resume, which a runtime answers by ending (claude 2.1, codex 0.169).
      const unit = next.resumes ? next.conversation.unit : null;
      const stored = shape?.late === true && sight?.evidence.get(next.conversation.id)?.state === 'holds';
      const current = { ...next.conversation, resumed, unit, ...(stored ? ({ stored } as const) : {}) };
      // Another one than before only by the operator's word; or where the one before holds nothing.
      const other = inForce.kind === 'known' && inForce.conversation.id === settled.current?.id;
      return {
        record: withCurrent(settled, current, { ended: 'replaced', at: now, held: other && held }),
        launch: shape === null ? null : { shape, id: current.id },
      };
    }
    case 'fresh': {
      if (shape === null) return { record: null, launch: null };
      const chosen = shape.identity === 'chosen';
      const id = chosen ? idOf(shape, newId(), now, desired, places) : '';
      const current = { ...blank, id, origin: chosen ? ('chosen' as const) : ('learnt' as const) };
      return {
        record: withCurrent(settled, current, { ended: next.ended, at: now, held }),
        launch: { shape, id },
      };
    }
  }
}

/**
 * The record once what the process shows is written down: somebody typed `/clear`, the id could be learnt, or the record
 * was lost.
 */
export function settledRecord(
  record: ConversationRecord,
  inForce: InForce,
  now: number,
  sight: ConversationSight = unseen,
): ConversationRecord {
  const { current } = record;
  if (inForce.kind !== 'known' || current?.id === inForce.conversation.id) return record;
  const evidence = sight.evidence.get(current?.id ?? '')?.state;
  const held =
    current !== null &&
    current.id !== '' &&
    inForce.unbegun !== true &&
    // Of one that fleet did not begin, it is not known when.
    (current.accepted || evidence === 'holds' || (current.createdAt > 0 && evidence !== 'empty'));
  return withCurrent(record, inForce.conversation, { ended: 'in-runtime', at: now, held });
}

/** A raw restart of what runs now must find the conversation that it is in. */
function runningIn(
  inForce: InForce,
  shape: ConversationShape | null,
  { spec }: Resolved,
): LaunchConversation | null {
  if (shape === null || inForce.kind !== 'known' || inForce.conversation.runtime !== spec.runtime)
    return null;
  return { shape, id: inForce.conversation.id };
}

function idOf(
  shape: ConversationShape,
  uuid: string,
  now: number,
  { spec, effective }: Resolved,
  places: LaunchPlaces,
): string {
  switch (shape.id) {
    case 'uuid':
      return uuid;
    case 'ses':
      return sessionId(uuid, now);
    case 'file': {
      const { variable, below } = shape.evidence ?? { variable: null, below: '' };
      const named = variable === null ? '' : (effective.env[variable] ?? '');
      const root = named === '' ? `${effective.env['HOME'] ?? places.userHome}/${below}` : named;
      // As pi 0.73 names a directory by where its conversations were begun, but one of its own: a conversation that a human begins
      // in the same process lies beside it, and nobody else's does.
      const slug = expandHome(spec.workingDirectory, places.userHome)
        .replace(/^[/\\]/, '')
        .replace(/[/\\:]/g, '-');
      const own = `--fleet-${spec.name}-${uuid.slice(0, 8)}`;
      return `${root}/sessions/--${cut(slug, mostNameBytes - own.length - 2)}${own}/${uuid}.jsonl`;
    }
  }
}

/** So long a name may be on any file system, bytes. */
const mostNameBytes = 255;

/** The beginning of a text, of so many bytes at most. */
function cut(text: string, bytes: number): string {
  const characters = Array.from(text);
  let left = Buffer.byteLength(text);
  while (left > bytes) left -= Buffer.byteLength(characters.pop() ?? '');
  return characters.join('');
}

/** As opencode 1.18 makes them: 48 bits that sink with the time, so that the newest sorts first, and 14 characters of chance. */
function sessionId(uuid: string, now: number): string {
  const sinking = BigInt.asUintN(48, ~(BigInt(now) * 0x1000n));
  return `ses_${sinking.toString(16).padStart(12, '0')}${uuid.replaceAll('-', '').slice(-14)}`;
}
