import { THROUGH_ARGV } from '../roster/changed-fields.js';
import { CONTEXT_IN_FORCE, KICKSTART_DIGEST } from '../roster/record-columns.js';
import { changedFields, type FieldChange, type SpecRecord } from '../roster/record.js';
import type { PlannedAction } from './action.js';
import type { Desired } from './desired.js';
import type { AppliedSpec } from './observed.js';

type Resolved = Extract<Desired, { kind: 'resolved' }>;

/** The context that an agent goes on with. */
export interface ContextInForce {
  readonly hash: string;
  /** What it counts as started with. */
  readonly started: SpecRecord;
}

/**
 * Whether what an agent is started in is a conversation that has begun: its kickstart was said under the context of then, and is
 * not said again.
 */
export const continues = ({ conversation: { next } }: Pick<PlannedAction, 'conversation'>): boolean =>
  next.kind === 'barred' || (next.kind === 'same' && next.resumes);

/**
 * A conversation that is continued keeps the context it was begun under; every other start begins under the declared one. The mark
 * says which that was, and of what does not run the record; where neither does, it is taken for the declared one.
 */
export function contextInForce(
  action: Pick<PlannedAction, 'applied' | 'conversation'>,
  desired: Resolved,
  before: AppliedSpec | null,
): ContextInForce {
  const declared = { hash: desired.contextHash, started: desired.record };
  const [, marked = ''] = action.applied.split('/');
  const recorded = before?.started[CONTEXT_IN_FORCE];
  const hash = marked === '' ? (recorded ?? '') : marked;
  if (!continues(action) || hash === '' || hash === desired.contextHash) return declared;
  // The mark alone knows better, and then which field it was is not on record.
  if (before === null || recorded === desired.contextHash) return { hash, started: desired.record };
  const kept = contextFields(changedFields(before.started, desired.record, desired.spec));
  // A model hint that has moved into the command is in force with the process.
  if (kept.length === 1) return declared;
  const started = withFieldsOf({ ...before.started, [CONTEXT_IN_FORCE]: hash }, desired.record, kept);
  return { hash, started };
}

/** What a record says of a context, where that has changed. */
export function contextFields(changes: readonly FieldChange[]): readonly string[] {
  const fields = changes.flatMap(({ field, policy }) =>
    policy === 'context' && !THROUGH_ARGV.includes(field) ? [field] : [],
  );
  const digest = fields.includes('kickstart_template') ? [KICKSTART_DIGEST] : [];
  return [CONTEXT_IN_FORCE, ...digest, ...fields];
}

/** A record with some fields as another one has them. */
export function withFieldsOf(source: SpecRecord, record: SpecRecord, fields: readonly string[]): SpecRecord {
  const others = Object.entries(record).filter(([field]) => !fields.includes(field));
  const own = Object.entries(source).filter(([field]) => fields.includes(field));
  return Object.fromEntries([...others, ...own].sort(([a], [b]) => (a < b ? -1 : 1)));
}
