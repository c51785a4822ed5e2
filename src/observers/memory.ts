import * as path from 'node:path';
import type { FailureRecord, Moment } from '../controller/backoff.js';
import type { Approval, Hold, Known, Memory } from '../controller/observed.js';
import { readText, stampOf } from '../host/atomic-file.js';

export const holdsFile = (state: string): string => path.join(state, 'holds.json');
export const approvalsFile = (state: string): string => path.join(state, 'approvals.json');
export const failuresFile = (state: string): string => path.join(state, 'failures.json');
export const disruptionsFile = (state: string): string => path.join(state, 'disruptions.json');

/**
 * Reads what fleet remembers. Holds and approvals that cannot be read are unknown, never empty; the brake's memory and
 * the backoff's may be lost without harm.
 */
export function observeMemory(state: string): Known<Memory> {
  const holds = readJson(holdsFile(state));
  const approvals = readJson(approvalsFile(state));
  if (!holds.known) return holds;
  if (!approvals.known) return approvals;
  const parsedHolds = parseHolds(holds.value);
  const parsedApprovals = parseApprovals(approvals.value);
  if (parsedHolds === null) return damaged(holdsFile(state));
  if (parsedApprovals === null) return damaged(approvalsFile(state));
  const disruptions = readJson(disruptionsFile(state));
  const failures = readJson(failuresFile(state));
  return {
    known: true,
    value: {
      ...parsedHolds,
      approvals: parsedApprovals,
      recent: disruptions.known ? parseDisruptions(disruptions.value) : [],
      braked: disruptions.known ? parseBraked(disruptions.value) : null,
      failures: failures.known ? parseFailures(failures.value) : new Map(),
    },
  };
}

/** For who looks again and again: files that have not changed since are not read again, and give the same value. */
export function rememberedMemory(state: string): () => Known<Memory> {
  const files = [holdsFile, approvalsFile, disruptionsFile, failuresFile].map((file) => file(state));
  let last: { readonly stamp: string; readonly memory: Known<Memory> } | null = null;
  return () => {
    // Before they are read: what is written meanwhile is seen at the next look.
    const stamp = stampOf(...files);
    if (stamp !== null && last?.stamp === stamp) return last.memory;
    const memory = observeMemory(state);
    last = stamp === null ? null : { stamp, memory };
    return memory;
  };
}

/** @returns undefined where there is none: `null` in a file is damage like any other word */
function readJson(file: string): Known<unknown> {
  const content = readText(file);
  switch (content.state) {
    case 'absent':
      return { known: true, value: undefined };
    case 'unknown':
      return { known: false, message: content.message };
    case 'present':
      try {
        return { known: true, value: JSON.parse(content.text) };
      } catch {
        return damaged(file);
      }
  }
}

const damaged = (file: string): { readonly known: false; readonly message: string } => ({
  known: false,
  message: `${file} is damaged; repair it, or remove it if nothing is held or approved`,
});

function parseHolds(value: unknown): Pick<Memory, 'holds' | 'fleetHold'> | null {
  if (value === undefined) return { holds: new Map(), fleetHold: null };
  if (!isObject(value) || !isObject(value['agents'])) return null;
  const fleet = value['fleet'] ?? null;
  if (fleet !== null && !isHold(fleet)) return null;
  const holds = new Map<string, Hold>();
  for (const [agent, hold] of Object.entries(value['agents'])) {
    if (!isHold(hold)) return null;
    holds.set(agent, hold);
  }
  return { holds, fleetHold: fleet };
}

function isHold(value: unknown): value is Hold {
  return (
    isObject(value) &&
    typeof value['since'] === 'number' &&
    (value['from'] === undefined || typeof value['from'] === 'number') &&
    (value['until'] === null || typeof value['until'] === 'number') &&
    (value['reason'] === null || typeof value['reason'] === 'string') &&
    (value['by'] === 'hold' || value['by'] === 'stop')
  );
}

function parseApprovals(value: unknown): readonly Approval[] | null {
  if (value === undefined) return [];
  if (!isObject(value) || !Array.isArray(value['approvals'])) return null;
  const approvals: readonly unknown[] = value['approvals'];
  return approvals.every(isApproval) ? approvals : null;
}

function isApproval(value: unknown): value is Approval {
  if (!isObject(value)) return false;
  if (value['kind'] === 'fleet') return typeof value['revision'] === 'string';
  return (
    value['kind'] === 'agent' &&
    ['agent', 'action', 'applied', 'desired'].every((key) => typeof value[key] === 'string') &&
    ['string', 'undefined'].includes(typeof value['revision'])
  );
}

function parseDisruptions(value: unknown): Memory['recent'] {
  if (!isObject(value) || !Array.isArray(value['recent'])) return [];
  const recent: readonly unknown[] = value['recent'];
  return recent.flatMap((entry) =>
    isObject(entry) && typeof entry['agent'] === 'string' && typeof entry['at'] === 'number'
      ? [
          {
            ...{ agent: entry['agent'], at: entry['at'] },
            ...(isMoment(entry['moment']) ? { moment: entry['moment'] } : {}),
          },
        ]
      : [],
  );
}

function parseBraked(value: unknown): string | null {
  return isObject(value) && typeof value['braked'] === 'string' ? value['braked'] : null;
}

function parseFailures(value: unknown): Memory['failures'] {
  if (!isObject(value) || !isObject(value['agents'])) return new Map();
  return new Map(
    Object.entries(value['agents']).filter((entry): entry is [string, FailureRecord] => isFailure(entry[1])),
  );
}

function isFailure(value: unknown): value is FailureRecord {
  if (!isObject(value)) return false;
  const { count, lastEnd, stalled, spec, due } = value;
  return (
    typeof count === 'number' &&
    typeof lastEnd === 'string' &&
    typeof stalled === 'boolean' &&
    typeof spec === 'string' &&
    isMoment(due) &&
    (value['released'] === undefined || isMoment(value['released']))
  );
}

const isMoment = (value: unknown): value is Moment =>
  isObject(value) && typeof value['boot'] === 'string' && typeof value['ms'] === 'number';

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
