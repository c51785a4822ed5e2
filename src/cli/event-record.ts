import type { ApplyEvent } from '../controller/apply.js';
import type { LastEnd } from '../controller/observed.js';
import { Repetition } from '../controller/repetition.js';
import { visible } from '../roster/visible.js';
import { endText } from './render/end-text.js';
import { formatVersion } from './render/plan-json.js';
import { costJson, gateText, howText, reasonText } from './render/reason-text.js';

/** One entry of the event log. Beside these any member an event of its type has. */
export interface EventRecord {
  readonly formatVersion: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly type: string;
  readonly agent?: string;
  readonly [member: string]: unknown;
}

export function eventOf(type: string, now: number, details: object): EventRecord {
  return { formatVersion, time: new Date(now).toISOString(), type, ...details };
}

/** What is written down of an action's outcome, whoever asked for it; null: nothing. */
export function outcomeRecord(now: number, event: ApplyEvent): EventRecord | null {
  if (event.type !== 'result') return null;
  const { result } = event;
  const { agent, action, gate, reasons, cost } = result.action;
  const details = { agent, action, reasons: reasons.map(reasonText), ...costJson(cost) };
  switch (result.kind) {
    case 'done':
      return eventOf('action_complete', now, {
        ...{ ...details, message: result.how === undefined ? undefined : howText(result.how) },
      });
    case 'failed':
      return eventOf('action_failed', now, { ...details, message: result.message });
    case 'gated':
      // What the plan shows is told by whoever made it.
      return result.late === true && gate.kind !== 'ready'
        ? eventOf('deferred', now, { ...details, gate: gate.kind, message: gateText(gate) })
        : null;
    // The controller tells at each look what cannot be told of whom.
    case 'unknown':
    case 'settled':
    case 'interrupted':
      return null;
  }
}

/** So many of the last lines of a dead agent's screen are kept with its end. */
const keptLines = 5;
const longestLine = 200;

/** How an agent's process ended. */
export function endRecord(agent: string, end: LastEnd, lines: readonly string[]): EventRecord {
  const { reason, status, signal, invocation, ranMs, at } = end;
  return eventOf('ended', at * 1000, {
    ...{ agent, message: endText(end), reason, status, signal, invocation },
    ranSeconds: ranMs === null ? null : Math.round(ranMs / 1000),
    lastLines: lines.slice(-keptLines).map((line) => visible(line.trimEnd()).slice(0, longestLine)),
  });
}

/** Members that differ between two happenings of the same thing. */
const passing: ReadonlySet<string> = new Set(['time', 'invocation', 'ranSeconds', 'lastLines', 'pid']);

/** Leaves out what repeats; what is told again says how often it has happened, and since when. */
export function aggregating(
  record: (events: readonly EventRecord[]) => void,
): (events: readonly EventRecord[]) => void {
  const repetition = new Repetition();
  const told = (event: EventRecord): EventRecord | null => {
    const same = Object.entries(event).filter(([member]) => !passing.has(member));
    const times = repetition.note(JSON.stringify(same), Date.parse(event.time));
    if (times === null || times.count === 1) return times === null ? null : event;
    return { ...event, count: times.count, since: new Date(times.since).toISOString() };
  };
  return (events) => record(events.map(told).filter((event) => event !== null));
}
