import { readText } from '../host/atomic-file.js';

/** One event as it was written down: whatever it holds, these it has. */
export interface LoggedEvent {
  readonly time: string;
  readonly type: string;
  readonly agent: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Reads event files, as they were written. A torn last line, and lines that are no events, are left out. */
export function readEvents(files: readonly string[]): readonly LoggedEvent[] {
  return files.flatMap((file) => {
    const content = readText(file);
    return content.state === 'present'
      ? content.text.split('\n').flatMap((line) => parseEvent(line) ?? [])
      : [];
  });
}

/**
 * What ended while no controller ran is written down by the next one, behind what came later. Within one second, which is all that
 * the record of an end tells, they stay as they were written.
 */
export const earliestFirst = (events: readonly LoggedEvent[]): readonly LoggedEvent[] =>
  events.toSorted((one, other) => compare(secondOf(one), secondOf(other)));

/** Of ISO 8601 in UTC, which is in order as text. */
const secondOf = ({ time }: LoggedEvent): string => time.slice(0, '2026-01-01T00:00:00'.length);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Why there may be events that {@link readEvents} does not show, or null. */
export function unreadEvents(files: readonly string[]): string | null {
  for (const file of files) {
    const content = readText(file);
    if (content.state === 'unknown') return content.message;
  }
  return null;
}

function parseEvent(line: string): LoggedEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const details = value as Readonly<Record<string, unknown>>;
  const { time, type, agent } = details;
  return typeof time === 'string' && typeof type === 'string'
    ? { time, type, agent: typeof agent === 'string' ? agent : null, details }
    : null;
}
