import * as fs from 'node:fs';
import * as path from 'node:path';
import { openToWrite } from '../host/regular-file.js';
import { makeDirectory } from '../host/directory.js';
import type { OutboxEntry } from '../controller/outbox.js';
import type { Outcome } from '../controller/port.js';
import { fileProblem, writeFileAtomic } from '../host/atomic-file.js';

/**
 * Puts a message last in an agent's outbox; a kickstart before all messages. Synced: whoever left it may forget it.
 *
 * @param over the file of one that it takes the place of
 * @returns the name of its file, or why it was not written
 */
export function leaveMessage(
  directory: string,
  entry: OutboxEntry,
  over?: string,
): { readonly name: string } | { readonly problem: string } {
  try {
    makeDirectory(directory);
    const name = over ?? entryName(directory, entry);
    try {
      writeEntry(directory, name, entry, 'synced');
    } catch (error) {
      // Where only the wait for the disk failed it is in place, and would be delivered although its sender is told otherwise.
      if (over === undefined) fs.rmSync(path.join(directory, name), { force: true });
      throw error;
    }
    tellOfMail(path.dirname(path.dirname(directory)));
    return { name };
  } catch (error) {
    return { problem: `${directory}: ${fileProblem(error)}` };
  }
}

/** Whoever watches the state directory sees that something was left, without watching every outbox. */
function tellOfMail(state: string): void {
  try {
    const handle = openToWrite(path.join(state, 'mail'));
    const now = new Date();
    fs.futimesSync(handle, now, now);
    fs.closeSync(handle);
  } catch {
    // It is found at the next look all the same.
  }
}

/** The name of a file that sorts behind all that are there. */
export function entryName(directory: string, { kind, id }: Pick<OutboxEntry, 'kind' | 'id'>): string {
  const order = kind === 'message' ? '1' : '0';
  const names = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
  const last = names
    .map((name) => /^([01])-([0-9]{12})-/.exec(name))
    .reduce((most, match) => (match?.[1] === order ? Math.max(most, Number(match[2])) : most), 0);
  return `${order}-${String(last + 1).padStart(12, '0')}-${id}.json`;
}

/** Writes what has become of an entry. `synced` before a paste of what was left: it must survive a power cut. */
export function rewriteEntry(
  directory: string,
  name: string,
  entry: OutboxEntry,
  durability: 'synced' | 'derived',
): Outcome {
  try {
    writeEntry(directory, name, entry, durability);
    return null;
  } catch (error) {
    return `${path.join(directory, name)}: ${fileProblem(error)}`;
  }
}

export function removeEntry(directory: string, name: string): Outcome {
  try {
    fs.rmSync(path.join(directory, name), { force: true });
    return null;
  } catch (error) {
    return `${path.join(directory, name)}: ${fileProblem(error)}`;
  }
}

function writeEntry(
  directory: string,
  name: string,
  entry: OutboxEntry,
  durability: 'synced' | 'derived',
): void {
  writeFileAtomic(
    path.join(directory, name),
    `${JSON.stringify({ formatVersion: '1.0', ...entry })}\n`,
    0o600,
    durability,
  );
}
