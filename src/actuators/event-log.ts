import * as fs from 'node:fs';
import * as path from 'node:path';
import { makeDirectory } from '../host/directory.js';
import { openToWrite } from '../host/regular-file.js';

/** A file of events is set aside at this size; one older is kept. */
const maxBytes = 1024 * 1024;

export const eventFiles = (state: string): readonly [older: string, current: string] => [
  path.join(state, 'events.1.jsonl'),
  path.join(state, 'events.jsonl'),
];

/**
 * Appends events, a line of JSON each. One write call, so that lines of two writers do not mix. The log is memory for
 * people: where it cannot be written, nothing else stops.
 *
 * @returns null, or why it could not be written
 */
export function appendEvents(state: string, events: readonly object[]): string | null {
  if (events.length === 0) return null;
  const [older, current] = eventFiles(state);
  try {
    makeDirectory(state);
    if ((fs.statSync(current, { throwIfNoEntry: false })?.size ?? 0) > maxBytes)
      fs.renameSync(current, older);
    const handle = openToWrite(current, fs.constants.O_APPEND);
    try {
      fs.writeFileSync(handle, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    } finally {
      fs.closeSync(handle);
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
