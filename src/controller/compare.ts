import { changedFields, type FieldChange } from '../roster/record.js';
import type { ActionKind, Reason } from './action.js';
import type { Desired } from './desired.js';
import type { AppliedSpec, Marks } from './observed.js';

export interface Change {
  readonly action: Extract<ActionKind, 'restart' | 'reset' | 'update'>;
  readonly reasons: readonly Reason[];
}

type Resolved = Extract<Desired, { kind: 'resolved' }>;

/**
 * What a live agent's marks and record say against what is wanted. The marks decide whether anything disruptive is
 * due; the record only names the fields. Without a record and with matching marks nothing is done.
 */
export function compare(desired: Resolved, marks: Marks, applied: AppliedSpec | null): Change | null {
  const sinceStart = (): readonly FieldChange[] =>
    applied === null ? [] : changedFields(applied.started, desired.record, desired.spec);
  if (marks.spec !== desired.specHash) {
    const changes = sinceStart();
    const reasons = reasonsOf(changes, 'restart', 'restart');
    const fresh = reasonsOf(changes, 'context', 'reset');
    // A restart would continue the conversation of before.
    const isReset =
      desired.spec.resetBetweenTasks && marks.context !== desired.contextHash && fresh.length > 0;
    if (isReset) return { action: 'reset', reasons: [...reasons, ...fresh] };
    return { action: 'restart', reasons: reasons.length > 0 ? reasons : [markChanged('spec', 'restart')] };
  }
  if (marks.context !== desired.contextHash && desired.spec.resetBetweenTasks) {
    const reasons = reasonsOf(sinceStart(), 'context', 'reset');
    return { action: 'reset', reasons: reasons.length > 0 ? reasons : [markChanged('context', 'reset')] };
  }
  const sinceApply = applied === null ? [] : changedFields(applied.applied, desired.record, desired.spec);
  const reasons = [
    ...reasonsOf(sinceApply, 'context', 'update'),
    ...reasonsOf(sinceApply, 'update', 'update'),
  ];
  return reasons.length > 0 ? { action: 'update', reasons } : null;
}

/** Fields declared otherwise than the running process was started with; in force with the next start or reset. */
export function outdatedFields(
  desired: Resolved,
  marks: Marks,
  applied: AppliedSpec | null,
): readonly string[] {
  if (applied === null) return [];
  const specDiffers = marks.spec !== desired.specHash;
  const contextDiffers = marks.context !== desired.contextHash;
  return changedFields(applied.started, desired.record, desired.spec)
    .filter(({ policy }) => (policy === 'restart' && specDiffers) || (policy === 'context' && contextDiffers))
    .map(({ field }) => field);
}

const markChanged = (mark: 'spec' | 'context', policy: 'restart' | 'reset'): Reason => ({
  code: 'MarkChanged',
  mark,
  policy,
});

function reasonsOf(
  changes: readonly FieldChange[],
  policy: FieldChange['policy'],
  shown: 'restart' | 'reset' | 'update',
): Reason[] {
  const code =
    policy === 'restart' ? 'SpecChanged' : policy === 'context' ? 'ContextChanged' : 'SettingChanged';
  return changes
    .filter((change) => change.policy === policy)
    .map(({ field, from, to }) => ({ code, field, from, to, policy: shown }));
}
