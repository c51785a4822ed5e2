import { readText } from '../host/atomic-file.js';

/** One event as it was written down: whatever it holds, these it has. */
export interface LoggedEvent {
  readonly time: string;
  readonly type: string;
  readonly agent: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Reads event files, oldest first. A torn last line, and lines that are no events, are left out. */
export function readEvents(files: readonly string[]): readonly LoggedEvent[] {
  return files.flatMap((file) => {
    const content = readText(file);
    return content.state === 'present'
      ? content.text.split('\n').flatMap((line) => parseEvent(line) ?? [])
      : [];
  });
}

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
