import { ARGV_IN_FORCE, CONTEXT_IN_FORCE } from '../roster/record-columns.js';
import { changedFields, type SpecRecord } from '../roster/record.js';
import { assess, type World } from './assess.js';
import { contextFields, withFieldsOf } from './kept-context.js';
import type { AppliedSpec } from './observed.js';

export interface StaleRecord {
  readonly agent: string;
  /** What its record should say. */
  readonly record: AppliedSpec;
}

/**
 * Agents that run as the roster says, by their marks, while their record still tells of what ran before: whoever started them was
 * cut short before he wrote it down. Meaning hangs on it: messages and screens go by the runtime that was started.
 */
export function staleRecords(world: World): readonly StaleRecord[] {
  return assess(world).agents.flatMap(({ agent, desired, situation, owned }): readonly StaleRecord[] => {
    const before = world.observed.files.get(agent)?.applied ?? null;
    if (situation.kind !== 'live' || !owned || desired?.kind !== 'resolved' || before === null) return [];
    const { marks } = situation.session;
    if (marks.spec !== desired.specHash) return [];
    const { applied, started, starts } = before;
    const changes = changedFields(started, desired.record, desired.spec);
    const ofStart = changes.filter(({ policy }) => policy === 'restart').map(({ field }) => field);
    const isFresh = marks.context === desired.contextHash && started[CONTEXT_IN_FORCE] !== marks.context;
    if (ofStart.length === 0 && !isFresh) return [];
    const trued = (record: SpecRecord): SpecRecord =>
      ofStart.length === 0 ? record : withFieldsOf(desired.record, record, [...ofStart, ARGV_IN_FORCE]);
    const begun = trued(started);
    const record = {
      applied: trued(applied),
      started: isFresh ? withFieldsOf(desired.record, begun, contextFields(changes)) : begun,
      starts,
    };
    return [{ agent, record }];
  });
}
