import type { AgentSpec } from '../roster/types.js';
import {
  isDisruptive,
  type ActionKind,
  type BlockedCode,
  type Cost,
  type Gate,
  type Live,
} from './action.js';
import { remainingMs, type FailureRecord, type Moment } from './backoff.js';
import { isAtStake, resumeFailed, type BarredCode, type ConversationOutlook } from './continuation.js';
import { endsAfter } from './holds.js';
import type { Approval, Hold, LastEnd, Memory } from './observed.js';

/** The operator's words that lift a gate for one plan. */
export interface Words {
  /** `--now` */
  readonly now: boolean;
  /** `--approve AGENT…` */
  readonly approve: ReadonlySet<string>;
  /** `--confirm` */
  readonly confirm: boolean;
}

export const noWords: Words = { now: false, approve: new Set(), confirm: false };

export interface Lasting {
  /** Its conversation is disposable by declaration. */
  readonly disposable: boolean;
  /** It may be ended at any moment. */
  readonly immediate: boolean;
}

export interface GateQuestion {
  readonly agent: string;
  readonly action: ActionKind;
  readonly applied: string;
  readonly desired: string;
  readonly live: Live | null;
  readonly spec: AgentSpec | null;
  /** What protects its conversation, in the roster or, where it is not there, when it was applied last. */
  readonly lasting: Lasting;
  readonly rosterRevision: string;
  /** Why it cannot be launched; matters to actions that launch. */
  readonly obstacle: string | null;
  /** Whose session has its name; matters to actions that launch. */
  readonly nameTaken: string | null;
  /** How often it has ended in a row with the configuration it would be started with now; null: not at all. */
  readonly failure: FailureRecord | null;
  /** How it ended last; null: it runs, or that is not on record. */
  readonly end: LastEnd | null;
  readonly cost: Cost;
  readonly conversation: ConversationOutlook;
  readonly moment: Moment;
}

/** Every gate but the brake, which looks at the whole plan. The first that closes is named. */
export function gateOf(question: GateQuestion, memory: Memory, words: Words, now: number): Gate {
  const hold = holdOn(question.agent, memory, now);
  if (hold !== null) return { kind: 'held', ...hold };
  if (question.nameTaken !== null && launches(question.action)) {
    return { kind: 'blocked', code: 'ForeignSession', message: question.nameTaken };
  }
  if (question.obstacle !== null && launches(question.action)) {
    return { kind: 'blocked', code: 'CannotLaunch', message: question.obstacle };
  }
  const { action, live, spec, failure, moment } = question;
  const barred = launches(action) ? conversationGate(question.conversation) : null;
  if (barred !== null) return barred;
  if (failure !== null && live === null && launches(action)) {
    const parked = parkedGate(question, failure);
    if (parked !== null) return parked;
    if (failure.stalled) return { kind: 'stalled', count: failure.count };
    const inMs = remainingMs(failure, moment);
    if (inMs > 0) return { kind: 'backing-off', count: failure.count, inMs };
  }
  if (!isDisruptive(action) || live === null) return { kind: 'ready' };
  const { disposable, immediate } = question.lasting;
  const loses =
    question.cost.kind === 'loses-conversation' && !disposable && isAtStake(question.conversation.now);
  const unapproved = loses && !immediate && !isApproved(question, memory, words, question.rosterRevision);
  // Removing or suspending an agent is explicit: it is not deferred. That its conversation ends with it need not be known.
  if (action === 'stop' || spec === null)
    return unapproved ? { kind: 'needs-approval', why: 'loses-conversation' } : { kind: 'ready' };
  switch (spec.disruption) {
    case 'immediate':
      return { kind: 'ready' };
    case 'ask':
      if (!isApproved(question, memory, words, question.rosterRevision)) {
        return { kind: 'needs-approval', why: spec.protection === 'full' ? 'persistent-persona' : 'ask' };
      }
      return deferral(live, spec, words);
    case 'when-idle':
      if (unapproved) return { kind: 'needs-approval', why: 'loses-conversation' };
      return deferral(live, spec, words);
  }
}

/** What stands before every start of an agent whose conversation would not be continued as it must be. */
export function conversationGate({ next }: ConversationOutlook): Gate | null {
  if (next.kind !== 'barred') return null;
  return { kind: 'blocked', code: barredCodes[next.code], message: next.message };
}

const barredCodes: Readonly<Record<BarredCode, BlockedCode>> = {
  unreadable: 'ConversationUnreadable',
  gone: 'ConversationGone',
  'in-use': 'ConversationInUse',
};

/** The first failure to resume may be anybody's; a second one in a row is no accident, and another changes nothing. */
const parkedAfter = 2;

function parkedGate({ conversation: { now, next }, end }: GateQuestion, failure: FailureRecord): Gate | null {
  if (now.kind !== 'known' || next.kind !== 'same' || !next.resumes) return null;
  if (failure.count < parkedAfter || !resumeFailed(now, end)) return null;
  return { kind: 'stalled', count: failure.count, resume: now.conversation.id };
}

function deferral(live: Live, spec: AgentSpec, words: Words): Gate {
  if (words.now) return { kind: 'ready' };
  if (live.attached) return { kind: 'deferred', why: 'attached' };
  if (!live.busy) return { kind: 'ready' };
  return {
    kind: 'deferred',
    why: 'busy',
    idleSeconds: live.idleSeconds,
    idleAfterSeconds: Math.ceil(spec.idleAfterMs / 1000),
  };
}

function launches(action: ActionKind): boolean {
  switch (action) {
    case 'start':
    case 'restart':
    case 'reset':
      return true;
    case 'stop':
    case 'update':
    case 'adopt':
      return false;
  }
}

/** Whether the operator named this very change of this very agent. */
export function isApproved(
  question: Pick<GateQuestion, 'agent' | 'action' | 'applied' | 'desired'>,
  memory: Memory,
  words: Words,
  rosterRevision: string,
): boolean {
  return (
    words.approve.has(question.agent) ||
    memory.approvals.some((approval) => approves(approval, question, rosterRevision))
  );
}

export function approves(
  approval: Approval,
  question: Pick<GateQuestion, 'agent' | 'action' | 'applied' | 'desired'>,
  rosterRevision: string,
): boolean {
  return (
    approval.kind === 'agent' &&
    (approval.revision ?? rosterRevision) === rosterRevision &&
    approval.agent === question.agent &&
    approval.action === question.action &&
    approval.applied === question.applied &&
    approval.desired === question.desired
  );
}

/** The hold in force on an agent, of its own and the fleet's the one that ends later. */
export function holdOn(agent: string, memory: Memory, now: number): { hold: Hold; fleet: boolean } | null {
  const inForce = (hold: Hold | null | undefined): hold is Hold =>
    hold !== null &&
    hold !== undefined &&
    (hold.from === undefined || hold.from <= now) &&
    (hold.until === null || hold.until > now);
  const own = memory.holds.get(agent);
  const { fleetHold } = memory;
  if (inForce(own) && !(inForce(fleetHold) && endsAfter(fleetHold, own))) return { hold: own, fleet: false };
  return inForce(fleetHold) ? { hold: fleetHold, fleet: true } : null;
}
