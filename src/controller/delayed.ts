import { isDisruptive, type Plan, type PlannedAction } from './action.js';
import type { World } from './assess.js';
import type { Pace, Try } from './pace.js';
import { restrict } from './restrict.js';
import type { Roster } from '../roster/types.js';

/**
 * Nothing that lives is ended before the file has been unchanged for so long: an editor may not be done yet. Half a file
 * often is a valid roster, in which the last agents are missing, or the last one has lost some of its lines.
 */
export const settleMs = 1000;
/** A file that was put in place as a whole is done; a removal waits all the same. */
const replacedMs = 20;

/** How long a file that others write has been as it is, and how it came to be so. */
export interface FileAge {
  /** Milliseconds. */
  readonly settledMs: number;
  /** Whether another file was put in its place, complete, instead of being written into it. */
  readonly replaced: boolean;
}

export interface RosterInForce extends FileAge {
  /** The last valid one; null until there has been one. */
  readonly roster: Roster | null;
  /** Why the file is not it, or null. */
  readonly problem: string | null;
  /** The file has become something else before it had been unchanged for long: what was in it may have been half of a roster. */
  readonly unproven?: true;
  /** Kickstart templates, by their paths as written in the roster. */
  readonly templates?: ReadonlyMap<string, FileAge>;
}

/** How long the controller leaves ready actions for the sake of files that may not be done yet. */
export const delays =
  (inForce: RosterInForce, world: World, now: number) =>
  (action: PlannedAction): number =>
    inForce.unproven === true && endsWhatLives(action)
      ? Infinity
      : delayed(action, inForce, ownFiles(action, inForce, world, now));

/** @returns null where no time but a change of a file is waited for, or nothing at all */
export function untilNextMs(waits: readonly number[]): number | null {
  const next = Math.min(...waits);
  return next === Infinity ? null : next;
}

/**
 * How long the controller leaves a ready action for a reason that is its own and no gate, milliseconds; 0: not at all.
 *
 * @param roster the roster's file
 * @param own the agent's template and env file: whoever writes into them would lose what fleet reads, or writes, meanwhile
 */
export function delayed(action: PlannedAction, roster: FileAge, own: readonly FileAge[] = []): number {
  const removal = action.reasons.some(({ code }) => code === 'NotInRoster');
  const ofRoster = endsWhatLives(action) ? unsettledMs(roster, removal) : 0;
  return Math.max(ofRoster, ...(writes(action) ? own : []).map((file) => unsettledMs(file, false)));
}

const unsettledMs = ({ settledMs, replaced }: FileAge, removal: boolean): number =>
  Math.max(0, (replaced && !removal ? replacedMs : settleMs) - settledMs);

/** Its env file and its launch record are written. */
const writes = ({ action }: PlannedAction): boolean => action !== 'stop' && action !== 'adopt';

function ownFiles(
  { agent }: PlannedAction,
  { templates }: RosterInForce,
  { desired, observed: { files } }: World,
  now: number,
): readonly FileAge[] {
  const template = templates?.get(desired.get(agent)?.spec.kickstart?.path ?? '');
  const { environmentFile = null, absentSince } = files.get(agent) ?? {};
  const environment = environmentFile ?? goneSince(absentSince);
  return [
    ...(template === undefined ? [] : [template]),
    ...(environment === null
      ? []
      : [{ settledMs: settledMs(environment.changedAt, now), replaced: environment.replaced }]),
  ];
}

/** Editors move a file away before they write it anew. */
const goneSince = (changedAt: number | undefined): { changedAt: number; replaced: boolean } | null =>
  changedAt === undefined ? null : { changedAt, replaced: false };

/** A clock that was set back must not keep a file young for ever. */
export const settledMs = (changedAt: number, now: number): number =>
  now < changedAt ? Infinity : now - changedAt;

const endsWhatLives = ({ action, live }: PlannedAction): boolean => isDisruptive(action) && live !== null;

/** Whether a unit that is going down has yet to say how it ended: one whose main process was killed says so on its way. */
export const untold =
  ({ observed: { units, ends, moment } }: World, pace: Pace) =>
  (action: PlannedAction): boolean =>
    launches(action) &&
    units.known &&
    units.value.agents.get(action.agent)?.active === 'deactivating' &&
    !pace.isOfLastTry(action, ends.get(action.agent) ?? null, moment);

export const isReady = ({ gate }: PlannedAction): boolean => gate.kind === 'ready';

export const launches = ({ action }: PlannedAction): boolean =>
  action === 'start' || action === 'restart' || action === 'reset';

/** @param now milliseconds on a clock that no one sets */
export const tryOf = (
  { desired, observed: { memory, ends } }: World,
  { agent }: PlannedAction,
  now: number,
): Try => ({
  policy: desired.get(agent)?.spec.backoff ?? null,
  released: (memory.known ? memory.value.failures.get(agent)?.released : null) ?? null,
  end: ends.get(agent) ?? null,
  now,
});

/**
 * To replace the holder ends every session, so it is done as a whole or not yet: once nothing else is under way, and no
 * removal is waited for.
 *
 * @returns the plan to go on with, and milliseconds until it may be the whole one
 */
export function holderTurn(
  whole: Plan,
  busy: boolean,
  delayMs: (action: PlannedAction) => number,
): { plan: Plan; waitMs: number } {
  const waitMs = Math.max(0, ...whole.actions.filter(isReady).map(delayMs));
  if (!busy && waitMs === 0) return { plan: whole, waitMs };
  return { plan: withoutHolder(restrict(whole, (action) => !isReady(action))), waitMs };
}

const withoutHolder = (plan: Plan): Plan => {
  const rest: { -readonly [Key in keyof Plan]: Plan[Key] } = { ...plan };
  delete rest.holder;
  return rest;
};

export const replacesHolder = ({ holder }: Plan): boolean => holder?.gate.kind === 'ready';

/** So many slow actions go on beside each other, each by itself. */
const byThemselves = 4;

/** What the brake remembers, and when its approval is used up, follows from all of a mass change, not from a part of it. */
function isMass({ actions, rosterRevision }: Plan, { observed: { memory } }: World): boolean {
  return (
    actions.some(({ gate }) => gate.kind === 'braked') ||
    (memory.known &&
      memory.value.approvals.some((one) => one.kind === 'fleet' && one.revision === rosterRevision))
  );
}

/**
 * Parts of a plan that may go on beside each other: every stop and restart takes as long as its agent's grace. A part
 * costs three processes, so many slow actions are one part for each length of grace: an agent then waits for no other
 * longer than it might itself have taken. A mass change is one part.
 */
export function split(plan: Plan, world: World): readonly Plan[] {
  // To replace the holder ends every session: one piece of work.
  if (replacesHolder(plan)) return [plan];
  const ready = plan.actions.filter(isReady);
  const slow = ready.filter(({ action }) => action === 'stop' || action === 'restart' || action === 'reset');
  const quick = ready.filter((action) => !slow.includes(action));
  const graceOf = ({ agent }: PlannedAction): number | undefined =>
    world.desired.get(agent)?.spec.stopGraceMs;
  const parts = isMass(plan, world)
    ? [slow].filter(({ length }) => length > 0)
    : slow.length <= byThemselves
      ? slow.map((action) => [action])
      : [...new Set(slow.map(graceOf))].map((grace) => slow.filter((action) => graceOf(action) === grace));
  const groups = quick.length > 0 ? [...parts, quick] : parts;
  // What is gated stays in the first part, for the brake's memory.
  return groups.map((group, index) =>
    restrict(plan, (action) => group.includes(action) || (index === 0 && !isReady(action))),
  );
}
