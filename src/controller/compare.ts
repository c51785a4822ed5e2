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
 * due, and the record where one is missing; else it only names the fields. Without a record and with matching marks nothing is done.
 */
export function compare(desired: Resolved, marks: Marks, applied: AppliedSpec | null): Change | null {
  const sinceStart = (): readonly FieldChange[] =>
    applied === null ? [] : changedFields(applied.started, desired.record, desired.spec);
  const sinceApply = (): readonly FieldChange[] =>
    applied === null ? [] : changedFields(applied.applied, desired.record, desired.spec);
  // What comes along with a restart or reset is no reason for it, but part of what the edit asks for: a protection that is taken
  // off explains why nobody is asked.
  const alongWith = (action: Change['action'], reasons: readonly Reason[]): Change => {
    const changes = sinceApply();
    const context = action === 'restart' ? reasonsOf(changes, 'context', 'update') : [];
    return { action, reasons: [...reasons, ...context, ...reasonsOf(changes, 'update', 'update')] };
  };
  const isContextOther = differs('context', desired, marks, applied);
  if (differs('spec', desired, marks, applied)) {
    const changes = sinceStart();
    const reasons = reasonsOf(changes, 'restart', 'restart');
    const fresh = reasonsOf(changes, 'context', 'reset');
    // A restart would continue the conversation of before.
    const isReset = desired.spec.resetBetweenTasks && isContextOther && fresh.length > 0;
    if (isReset) return alongWith('reset', [...reasons, ...fresh]);
    return alongWith('restart', reasons.length > 0 ? reasons : [markChanged('spec', 'restart')]);
  }
  if (isContextOther && desired.spec.resetBetweenTasks) {
    const reasons = reasonsOf(sinceStart(), 'context', 'reset');
    return alongWith('reset', reasons.length > 0 ? reasons : [markChanged('context', 'reset')]);
  }
  const changes = sinceApply();
  const reasons = [...reasonsOf(changes, 'context', 'update'), ...reasonsOf(changes, 'update', 'update')];
  return reasons.length > 0 ? { action: 'update', reasons } : null;
}

/**
 * Whether a session runs with something else than is wanted. It was created with its marks, so one that is missing was taken
 * off by somebody: that tells nothing of the process, and the record of what it was started with is asked in its place.
 */
function differs(
  mark: 'spec' | 'context',
  desired: Resolved,
  marks: Marks,
  applied: AppliedSpec | null,
): boolean {
  if (marks[mark] !== null || applied === null)
    return marks[mark] !== (mark === 'spec' ? desired.specHash : desired.contextHash);
  const policy = mark === 'spec' ? 'restart' : 'context';
  return changedFields(applied.started, desired.record, desired.spec).some(
    (change) => change.policy === policy,
  );
}

/** Fields declared otherwise than the running process was started with; in force with the next start or reset. */
export function outdatedFields(
  desired: Resolved,
  marks: Marks,
  applied: AppliedSpec | null,
): readonly string[] {
  if (applied === null) return [];
  const specDiffers = differs('spec', desired, marks, applied);
  const contextDiffers = differs('context', desired, marks, applied);
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
