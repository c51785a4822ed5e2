import type { Backoff } from '../roster/types.js';
import { cleared } from './clean-slate.js';
import type { Desired } from './desired.js';
import type { LastEnd } from './observed.js';

/** A moment on a clock that no one sets: milliseconds since boot, and which boot. */
export interface Moment {
  readonly boot: string;
  readonly ms: number;
}

/** What is remembered of an agent that keeps ending. Durable: whoever looks next must not forget. */
export interface FailureRecord {
  /** Ends in a row, each before the agent had run for `reset_after`. */
  readonly count: number;
  /** Names the last end that was counted (its unit's invocation), so that each counts once, whoever sees it. */
  readonly lastEnd: string;
  /** When the next start is due. */
  readonly due: Moment;
  /** Given up. Stays so until the roster changes for the agent or the operator releases it. */
  readonly stalled: boolean;
  /** Hash of what was started then: another configuration is another chance. */
  readonly spec: string;
  /** When the operator's word gave it another chance, the last time; absent: never. */
  readonly released?: Moment;
}

/**
 * Counts ends that were not counted yet. The delay runs from the end itself, so that it makes no difference who looks,
 * or when.
 *
 * @returns `before` itself where nothing is new
 */
export function countEnds(
  before: ReadonlyMap<string, FailureRecord>,
  ends: ReadonlyMap<string, LastEnd>,
  desired: ReadonlyMap<string, Desired>,
): ReadonlyMap<string, FailureRecord> {
  const counted = [...ends].flatMap(([agent, end]): readonly (readonly [string, FailureRecord])[] => {
    const wanted = desired.get(agent);
    if (wanted === undefined || end.invocation === null) return [];
    const record = before.get(agent) ?? null;
    const one = { ...end, invocation: end.invocation };
    const after = isAgentsFault(end)
      ? countEnd(record, one, wanted.spec.backoff)
      : passOver(record, one, wanted.spec.backoff);
    return after === null || after === record ? [] : [[agent, after]];
  });
  return counted.length === 0 ? before : new Map([...before, ...counted]);
}

/** The server's death ends every agent and is no agent's doing. */
const isAgentsFault = ({ reason }: LastEnd): boolean => reason !== 'server-gone';

/** An end that counts for nobody: a long run before it counts all the same. */
function passOver(
  before: FailureRecord | null,
  { invocation, ranMs }: LastEnd & { readonly invocation: string },
  { resetAfterMs }: Backoff,
): FailureRecord | null {
  const stable = ranMs !== null && ranMs >= resetAfterMs;
  if (before === null || before.count === 0 || !stable) return before;
  return { ...cleared(before), lastEnd: invocation };
}

/**
 * Counts one end: the first restart is due at once, then after base, 2·base, 4·base … up to max, with up to a tenth of
 * jitter on top, so that agents that fell together do not rise together. After end number `stall_after` there is none. An end after a long stable run is a first one, and so is
 * the first of a boot: what ran when the machine went down left no record, and a reboot is delay enough.
 */
export function countEnd(
  before: FailureRecord | null,
  end: LastEnd & { readonly invocation: string },
  policy: Backoff,
): FailureRecord {
  if (before?.lastEnd === end.invocation) return before;
  // What had ended before the operator's word is what that forgave, whether or not it was written down by then.
  const forgiven = before?.released;
  if (before !== null && forgiven?.boot === end.moment.boot && end.moment.ms <= forgiven.ms) return before;
  const stable = end.ranMs !== null && end.ranMs >= policy.resetAfterMs;
  const spec = end.spec ?? '';
  const inARow = before?.spec === spec && before.due.boot === end.moment.boot && !stable;
  const count = inARow ? before.count + 1 : 1;
  const delay = delayMs(count, policy);
  return {
    count,
    lastEnd: end.invocation,
    due: {
      boot: end.moment.boot,
      ms: end.moment.ms + delay + Math.floor((delay / 10) * spread(end.invocation)),
    },
    stalled: count >= policy.stallAfter,
    spec,
    ...(before?.released === undefined ? {} : { released: before.released }),
  };
}

/**
 * The operator's word is another chance: what kept ending is tried again at once. That it was said is kept, too, for
 * agents that end without a record, since whoever tries them counts for himself (see Pace).
 */
export const anotherChance = (
  failures: ReadonlyMap<string, FailureRecord>,
  agents: ReadonlySet<string>,
  released: Moment,
): ReadonlyMap<string, FailureRecord> =>
  new Map([
    ...failures,
    ...[...agents].map((agent): readonly [string, FailureRecord] => {
      const { lastEnd, spec } = failures.get(agent) ?? { lastEnd: '', spec: '' };
      return [agent, { lastEnd, spec, count: 0, stalled: false, due: { boot: '', ms: 0 }, released }];
    }),
  ]);

/** Delay before start number `count` in a row, milliseconds: nothing for the first. */
export function delayMs(count: number, { baseMs, maxMs }: Backoff): number {
  return count <= 1 ? 0 : Math.min(maxMs, baseMs * 2 ** Math.min(count - 2, 52));
}

/** How long until the start is due; 0 once it is. A reboot has been delay enough. */
export function remainingMs(record: FailureRecord, now: Moment): number {
  return record.due.boot === now.boot ? Math.max(0, record.due.ms - now.ms) : 0;
}

/** [0, 1), the same for the same end: invocation ids are random already. */
function spread(invocation: string): number {
  const value = Number.parseInt(invocation.slice(-8), 16);
  return Number.isNaN(value) ? 0 : value / 2 ** 32;
}
