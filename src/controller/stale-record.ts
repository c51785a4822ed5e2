import { ARGV_IN_FORCE } from '../roster/record-columns.js';
import { changedFields, type SpecRecord } from '../roster/record.js';
import { assess, type World } from './assess.js';
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
    if (situation.session.marks.spec !== desired.specHash) return [];
    const ofStart = changedFields(before.started, desired.record, desired.spec)
      .filter(({ policy }) => policy === 'restart')
      .map(({ field }) => field);
    if (ofStart.length === 0) return [];
    const fields = [...ofStart, ARGV_IN_FORCE];
    const trued = (record: SpecRecord): SpecRecord => withFieldsOf(desired.record, record, fields);
    const { applied, started, starts } = before;
    return [{ agent, record: { applied: trued(applied), started: trued(started), starts } }];
  });
}

/** A record with some fields as another one has them; what else it tells of, an update may still be due to. */
function withFieldsOf(source: SpecRecord, record: SpecRecord, fields: readonly string[]): SpecRecord {
  const others = Object.entries(record).filter(([field]) => !fields.includes(field));
  const own = Object.entries(source).filter(([field]) => fields.includes(field));
  return Object.fromEntries([...others, ...own].sort(([a], [b]) => (a < b ? -1 : 1)));
}
