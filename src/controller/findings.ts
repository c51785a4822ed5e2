import { resumabilityOf } from '../roster/conversation.js';
import { assess, type Assessment, type World } from './assess.js';
import { settledRecord } from './commence.js';
import { conversationInForce } from './continuation.js';
import { sameRecord, type ConversationRecord } from './conversation.js';

/** What is to be written down of an agent that runs, and was not yet. */
export interface Finding {
  readonly agent: string;
  readonly before: ConversationRecord;
  readonly after: ConversationRecord;
  readonly assessment: Assessment;
}

/** What running agents show of their conversations, and is not on record. */
export function findingsIn(world: World, now: number): readonly Finding[] {
  return assess(world).agents.flatMap((assessment): readonly Finding[] => {
    const { agent, desired, situation, files } = assessment;
    const sight = world.observed.conversations.get(agent);
    if (situation.kind !== 'live' || sight?.record.known !== true) return [];
    const { marks } = situation.session;
    const inForce = conversationInForce({ agent, sight, marks, files, desired, end: null });
    if (inForce.kind !== 'known') return [];
    const before = sight.record.value;
    const can = desired?.kind === 'resolved' ? resumabilityOf(desired.spec, desired.site) : null;
    const settled = settledRecord(before, inForce, now, sight);
    const { current } = settled;
    // What runs is in the conversation it was started in, whatever the roster says of the next start, or no longer says.
    const shape = can?.kind === 'can' ? can.shape : null;
    if (current === null || (shape === null && !marks.conversation)) return [];
    // Where a process alone tells its id, by which start it is known; where nothing tells what is held, that it ran at all.
    const seen =
      shape === null || shape.identity === 'learnt' || sight.live !== marks.conversation
        ? sight.live !== null
        : false;
    const unit = seen || (shape?.evidence === null && current.unit === null) ? marks.unit : current.unit;
    const stored = shape?.late === true && sight.evidence.get(current.id)?.state === 'holds';
    const after = {
      ...settled,
      current: { ...current, unit, ...(stored ? ({ stored: true, accepted: true } as const) : {}) },
    };
    return sameRecord(before, after) ? [] : [{ agent, before, after, assessment }];
  });
}
