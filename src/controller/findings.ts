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
    if (situation.kind !== 'live' || sight?.record.known !== true || desired?.kind !== 'resolved') return [];
    const { marks } = situation.session;
    const inForce = conversationInForce({ agent, sight, marks, files, desired, end: null });
    if (inForce.kind !== 'known') return [];
    const before = sight.record.value;
    const can = resumabilityOf(desired.spec, desired.site);
    const settled = settledRecord(before, inForce, now);
    const { current } = settled;
    if (current === null || can.kind !== 'can') return [];
    const { shape } = can;
    // Where a process alone tells its id, by which start it is known; where nothing tells what is held, that it ran at all.
    const seen =
      shape.identity === 'learnt' || sight.live !== marks.conversation ? sight.live !== null : false;
    const unit = seen || (shape.evidence === null && current.unit === null) ? marks.unit : current.unit;
    const after = { ...settled, current: { ...current, unit } };
    return sameRecord(before, after) ? [] : [{ agent, before, after, assessment }];
  });
}
