import type { Hold, Memory } from './observed.js';

export type Holds = Pick<Memory, 'holds' | 'fleetHold'>;

/** Without those that are over: what nobody is held by any more must not stand in for a hold that lasts. */
export function unexpired({ holds, fleetHold }: Holds, now: number): Holds {
  const lasts = ({ until }: Hold): boolean => until === null || until > now;
  return {
    holds: new Map([...holds].filter(([, hold]) => lasts(hold))),
    fleetHold: fleetHold !== null && lasts(fleetHold) ? fleetHold : null,
  };
}

export const endsAfter = (one: Hold, other: Hold): boolean =>
  other.until !== null && (one.until === null || one.until > other.until);

/** As one hold, which is all that is kept of an agent: from the earlier beginning to the later end. Of two equals it is the first. */
function together(first: Hold, second: Hold): Hold {
  const { since, until, reason, by } = endsAfter(second, first) ? second : first;
  const from =
    first.from === undefined || second.from === undefined ? undefined : Math.min(first.from, second.from);
  return { since, until, reason, by, ...(from === undefined ? {} : { from }) };
}

/** The agent's own hold and the fleet's, as one. */
export function heldBy(agent: string, { holds, fleetHold }: Holds): Hold | null {
  const own = holds.get(agent) ?? null;
  return own !== null && fleetHold !== null ? together(own, fleetHold) : (own ?? fleetHold);
}

/** Holds one agent from now on. What would hold it for longer goes on. */
export function addHold(current: Holds, agent: string, hold: Hold): Holds {
  const own = current.holds.get(agent);
  const held = own !== undefined && endsAfter(own, hold) ? together(own, hold) : hold;
  return { ...current, holds: new Map([...current.holds, [agent, held]]) };
}

/**
 * Releasing one agent of a held fleet leaves all the others held, each by itself. Releasing the whole fleet takes back
 * what `stop` did; an agent that was held by name, for a reason of its own, stays so until it is named again.
 */
export function releaseHolds(current: Holds, names: readonly string[], everyone: readonly string[]): Holds {
  const { holds, fleetHold } = current;
  if (names.length === 0)
    return { holds: new Map([...holds].filter(([, { by }]) => by === 'hold')), fleetHold: null };
  const kept = new Map(holds);
  for (const agent of fleetHold === null ? [] : everyone) {
    const held = heldBy(agent, current);
    if (held !== null) kept.set(agent, held);
  }
  for (const agent of names) kept.delete(agent);
  return { holds: kept, fleetHold: null };
}

/**
 * Releases one agent for a while, to be held again from then on.
 *
 * @returns `again` false: nothing would hold it by then, and it is released for good
 */
export function releaseUntil(
  current: Holds,
  agent: string,
  from: number,
  everyone: readonly string[],
): { readonly holds: Holds; readonly again: boolean } {
  const held = heldBy(agent, current);
  const released = releaseHolds(current, [agent], everyone);
  if (held === null || (held.until !== null && held.until <= from)) return { holds: released, again: false };
  return {
    holds: { ...released, holds: new Map([...released.holds, [agent, { ...held, from }]]) },
    again: true,
  };
}
