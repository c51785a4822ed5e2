import * as path from 'node:path';
import type { Condition, ConditionType } from '../controller/conditions.js';
import { readText } from '../host/atomic-file.js';

export const statusFile = (state: string): string => path.join(state, 'status.json');

/** What the controller wrote down at its last look that changed anything. May be lost without harm. */
export interface StatusRecord {
  /** The roster's revision that the controller has taken up. */
  readonly observedRevision: string | null;
  readonly fleet: readonly Condition[];
  readonly agents: ReadonlyMap<string, readonly Condition[]>;
}

/** @returns null where there is none, or none that can be read */
export function readStatusRecord(state: string): StatusRecord | null {
  const file = readText(statusFile(state));
  if (file.state !== 'present') return null;
  let value: unknown;
  try {
    value = JSON.parse(file.text);
  } catch {
    return null;
  }
  if (!isObject(value) || !isObject(value['agents'])) return null;
  const revision = value['observedRevision'];
  return {
    observedRevision: typeof revision === 'string' ? revision : null,
    fleet: conditionsIn(value['fleet']),
    agents: new Map(Object.entries(value['agents']).map(([agent, list]) => [agent, conditionsIn(list)])),
  };
}

function conditionsIn(value: unknown): readonly Condition[] {
  if (!Array.isArray(value)) return [];
  const entries: readonly unknown[] = value;
  return entries.flatMap((entry) => {
    if (!isObject(entry)) return [];
    const { type, status, reason, message, lastTransitionTime } = entry;
    if (!isType(type) || (status !== 'True' && status !== 'False' && status !== 'Unknown')) return [];
    if (typeof reason !== 'string' || typeof message !== 'string') return [];
    const since = typeof lastTransitionTime === 'number' ? lastTransitionTime : null;
    return [{ type, status, reason, message, lastTransitionTime: since }];
  });
}

const types: Readonly<Record<ConditionType, true>> = {
  RosterValid: true,
  Observed: true,
  Ready: true,
  Progressing: true,
  Degraded: true,
  UpToDate: true,
};

const isType = (value: unknown): value is ConditionType =>
  typeof value === 'string' && Object.hasOwn(types, value);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
