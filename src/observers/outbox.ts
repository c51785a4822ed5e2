import * as fs from 'node:fs';
import type { Known } from '../controller/observed.js';
import type { Attempt, OutboxEntry, StoredEntry } from '../controller/outbox.js';
import { fileProblem, readText } from '../host/atomic-file.js';
import { danglingLink, danglingProblem } from '../host/dangling.js';
import { errorCode } from '../host/error-code.js';

/** Agents for which something was left, or may have been: a directory that cannot be read is one of those. */
export function agentsWithMail(outbox: string): Known<readonly string[]> {
  const names = namesIn(outbox);
  if (!names.known) return names;
  const hasMail = (agent: string): boolean => {
    const inside = namesIn(`${outbox}/${agent}`);
    if (!inside.known) return isDirectory(`${outbox}/${agent}`);
    return inside.value.some((name) => isEntry(name) && !isEmpty(`${outbox}/${agent}/${name}`));
  };
  return { known: true, value: names.value.filter(hasMail) };
}

/** What was left for one agent, first to be delivered first. A file that cannot be read makes all of it unknown. */
export function readOutbox(directory: string): Known<readonly StoredEntry[]> {
  const names = namesIn(directory);
  if (!names.known) return names;
  const entries: StoredEntry[] = [];
  for (const name of names.value.filter(isEntry).toSorted()) {
    const file = `${directory}/${name}`;
    const content = readText(file);
    // Delivered by somebody meanwhile; or all that a power cut has left of what its sender was just delivering himself: what was
    // left for later is on the disk before that is said, and never empty.
    if (content.state === 'absent' || (content.state === 'present' && content.text === '')) continue;
    if (content.state === 'unknown') return { known: false, message: content.message };
    const entry = parseEntry(content.text);
    if (entry === null)
      return {
        known: false,
        message: `${file} is damaged; look at it and remove it: nothing is delivered until then`,
      };
    entries.push({ name, entry });
  }
  return { known: true, value: entries };
}

const isEntry = (name: string): boolean => /^[01]-[0-9]{12}-[0-9a-f]+\.json$/.test(name);

const isDirectory = (file: string): boolean =>
  fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;

const isEmpty = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.size === 0;

function namesIn(directory: string): Known<readonly string[]> {
  try {
    return { known: true, value: fs.readdirSync(directory) };
  } catch (error) {
    const link = errorCode(error) === 'ENOENT' ? danglingLink(directory) : null;
    if (link !== null) return { known: false, message: `${link}: ${danglingProblem(link)}` };
    if (errorCode(error) === 'ENOENT') return { known: true, value: [] };
    return { known: false, message: `${directory}: ${fileProblem(error)}` };
  }
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseEntry(text: string): OutboxEntry | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isFields(value)) return null;
  const { id, kind, agent, text: message, source, createdAt, parked } = value;
  const attempt = parseAttempt(value['attempt']);
  const after = parseProcess(value['after']);
  if (typeof id !== 'string' || typeof agent !== 'string' || typeof message !== 'string') return null;
  if (typeof source !== 'string' || typeof createdAt !== 'number') return null;
  if (kind !== 'message' && kind !== 'kickstart' && kind !== 'continue') return null;
  // An attempt that cannot be read must not look like none.
  if (attempt === undefined || after === undefined) return null;
  return {
    ...{ id, kind, agent, text: message, source, createdAt, attempt, after },
    ...{ addressed: value['addressed'] === true, left: value['left'] === true },
    parked: typeof parked === 'string' ? parked : null,
    ...(value['held'] === true ? { held: true } : {}),
  };
}

/** undefined: damaged. */
function parseAttempt(value: unknown): Attempt | null | undefined {
  if (value === null) return null;
  if (!isFields(value)) return undefined;
  const { at, target, position } = value;
  if (typeof at !== 'number' || !isFields(target) || !isFields(position)) return undefined;
  const { session, window, pane, pid, server } = target;
  if (typeof session !== 'string' || typeof window !== 'string' || typeof pane !== 'string') return undefined;
  if (typeof pid !== 'number' || typeof server !== 'number') return undefined;
  const files: readonly unknown[] = Array.isArray(position['files']) ? position['files'] : [];
  return {
    at,
    target: { session, window, pane, pid, server },
    position: {
      files: files.flatMap((file) =>
        isFields(file) && typeof file['path'] === 'string' && typeof file['size'] === 'number'
          ? [{ path: file['path'], size: file['size'] }]
          : [],
      ),
      ...(typeof position['ahead'] === 'number' ? { ahead: position['ahead'] } : {}),
      ...(typeof position['within'] === 'number' ? { within: position['within'] } : {}),
    },
  };
}

/** undefined: damaged. */
function parseProcess(value: unknown): OutboxEntry['after'] | undefined {
  if (value === null) return null;
  if (!isFields(value)) return undefined;
  const { server, pid } = value;
  return typeof server === 'number' && typeof pid === 'number' ? { server, pid } : undefined;
}
