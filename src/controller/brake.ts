import type { MaxDisruption } from '../roster/types.js';
import { isDisruptive, type PlannedAction } from './action.js';
import type { Words } from './gate.js';
import type { Moment } from './backoff.js';
import type { Disruption, Memory } from './observed.js';

/** Fewer disruptions than this never trip the brake. */
const atLeast = 3;
/** Disruptions done within so many milliseconds still count. */
const windowMs = 60_000;

/**
 * Whether a disruption still counts. The wall clock may be set meanwhile, so it is asked only about what happened before
 * the machine was booted, or was written down without another clock.
 */
export function isRecent(
  { at, moment }: Disruption,
  now: { readonly at: number; readonly moment: Moment },
): boolean {
  const age = moment?.boot === now.moment.boot ? now.moment.ms - moment.ms : now.at - at;
  return age >= 0 && age < windowMs;
}

/**
 * The brake: where one plan would stop, restart or reset more of the live agents than the roster allows, nothing
 * disruptive is done until the operator confirms. What was done in the last minute counts, so that a mass change in
 * instalments is one. That each of them was approved by its name lifts nothing: what counts is how many they are. A held, blocked or unapproved one would not be done, so it does not count.
 */
export function brake(
  actions: readonly PlannedAction[],
  liveAgents: ReadonlySet<string>,
  { maxDisruption, revision }: { maxDisruption: MaxDisruption; revision: string },
  memory: Memory,
  words: Words,
  now: { readonly at: number; readonly moment: Moment },
): readonly PlannedAction[] {
  const confirmed =
    words.confirm ||
    memory.approvals.some((approval) => approval.kind === 'fleet' && approval.revision === revision);
  if (confirmed) return actions;
  const counted = actions.filter(counts);
  const held = new Set(counted.map(({ agent }) => agent));
  const recent = memory.recent.filter((one) => isRecent(one, now)).map(({ agent }) => agent);
  const disrupted = new Set([...held, ...recent]);
  const live = new Set([...liveAgents, ...recent]).size;
  const exceeded = isMassChange(disrupted.size, live, maxDisruption);
  // Agents started meanwhile make the fleet larger and the same change a smaller part of it: what was held stays held.
  if (held.size === 0 || !(exceeded || memory.braked === revision)) return actions;
  const gate = { kind: 'braked', count: disrupted.size, live, limit: limitText(maxDisruption) } as const;
  return actions.map((action) => (held.has(action.agent) ? { ...action, gate } : action));
}

function counts(action: PlannedAction): boolean {
  if (!isDisruptive(action.action) || action.live === null) return false;
  switch (action.gate.kind) {
    case 'ready':
    case 'deferred':
    case 'braked':
      return true;
    case 'needs-approval':
    case 'backing-off':
    case 'stalled':
    case 'held':
    case 'blocked':
      return false;
  }
}

/** Whether so many disruptions of a fleet of so many trip the brake. */
export const isMassChange = (count: number, live: number, max: MaxDisruption): boolean =>
  count >= atLeast && exceeds(count, live, max);

function exceeds(count: number, live: number, max: MaxDisruption): boolean {
  switch (max.kind) {
    case 'count':
      return count > max.value;
    case 'percent':
      return count * 100 > live * max.value;
  }
}

function limitText(max: MaxDisruption): string {
  switch (max.kind) {
    case 'count':
      return String(max.value);
    case 'percent':
      return `${max.value}%`;
  }
}
