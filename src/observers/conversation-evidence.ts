import * as fs from 'node:fs';
import type { Evidence } from '../controller/conversation.js';
import { errorCode } from '../host/error-code.js';
import { readRegular } from '../host/regular-file.js';
import type { EvidencePlace } from '../roster/conversation.js';
import { sessionIn } from './opencode-database.js';
import { daysOf } from './codex-days.js';
import { environmentOf, rootIn } from './process-facts.js';

/** What an agent would be started with. */
export type EnvironmentOf = Readonly<Record<string, string | undefined>>;

/** A file larger than this holds something, whatever stands in it; of smaller ones all is read. */
const surelyBytes = 64 * 1024;

/**
 * What the runtime's own files hold of a conversation.
 *
 * @param place null: no file would tell
 * @param running a process in whose home it may lie where the agent's next one would look elsewhere; null: none runs
 */
export function evidenceOf(
  place: EvidencePlace | null,
  id: string,
  environment: EnvironmentOf,
  running: { readonly pid: number; readonly inDoubt: boolean } | null,
): Evidence {
  if (place === null) return { state: 'unknown' };
  const there = evidenceIn(place, id, environment);
  if (there.state !== 'empty' || running === null) return there;
  const own = evidenceIn(place, id, environmentOf(running.pid));
  if (own.state !== 'holds') return there;
  // Where its next one would look counts only for who may be ended.
  return running.inDoubt ? { state: 'elsewhere' } : own;
}

function evidenceIn(place: EvidencePlace, id: string, environment: EnvironmentOf): Evidence {
  const files = filesOf(place, id, environment);
  if (files === null) return { state: 'unknown' };
  let found: Evidence = { state: 'empty' };
  for (const file of files) {
    const one = place.each === 'opencode' ? lookUp(file, id) : look(file, place.holds);
    if (one.state === 'holds' && (found.state !== 'holds' || found.changedAt < one.changedAt)) found = one;
    if (one.state === 'unknown' && found.state === 'empty') found = one;
  }
  return found;
}

function look(file: string, text: string | null): Evidence {
  try {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile() || stat.size === 0) return { state: 'empty' };
    const isFull = { state: 'holds', bytes: stat.size, changedAt: stat.mtimeMs } as const;
    if (text === null || stat.size > surelyBytes) return isFull;
    const content = readRegular(file, () => 0, surelyBytes);
    if (content === null) return { state: 'unknown' };
    return content.includes(text) ? isFull : { state: 'empty' };
  } catch {
    return { state: 'unknown' };
  }
}

function lookUp(database: string, id: string): Evidence {
  const sight = sessionIn(database, id);
  if (sight === null) return { state: 'unknown' };
  return sight.last === null ? { state: 'empty' } : { state: 'holds', bytes: null, changedAt: sight.last.at };
}

/** The files a place names for an id; null: a directory on the way cannot be read. */
export function filesOf(
  place: EvidencePlace,
  id: string,
  environment: EnvironmentOf,
): readonly string[] | null {
  const { variable, below, files } = place;
  const root = rootIn(environment, variable, below);
  // Of a database that the environment names there is nothing to be said.
  if (place.each === 'opencode' && environment['OPENCODE_DB']) return null;
  // An id is text, not a pattern: it is filled in where the pattern is taken apart already.
  if (files === '{id}') return [id];
  const days = place.each === 'daily' ? daysOf(id, Date.now()) : [];
  for (const day of days) {
    const found = existing(root, files.replace('*/*/*', day), id);
    if (found === null || found.length > 0) return found;
  }
  const found = days.length > 0 ? [] : existing(root, files, id);
  // Beside a database lie its log and its index.
  return place.each === 'opencode' ? (found?.filter((file) => file.endsWith('.db')) ?? null) : found;
}

/** The files below a directory that a pattern with an id in it names; null: a directory on the way cannot be read. */
const existing = (root: string, pattern: string, id: string): readonly string[] | null =>
  pattern.split('/').reduce<readonly string[] | null>(
    (found, part) => {
      if (found === null) return null;
      if (!part.includes('*')) return found.map((directory) => `${directory}/${fill(part, id)}`);
      const lists = found.map((directory) => matching(directory, part, id));
      return lists.includes(null) ? null : lists.flatMap((list) => list ?? []);
    },
    [root],
  );

function matching(directory: string, part: string, id: string): readonly string[] | null {
  const pattern = new RegExp(
    `^${part
      .split('*')
      .map((text) => quoted(fill(text, id)))
      .join('.*')}$`,
  );
  try {
    return fs
      .readdirSync(directory)
      .filter((name) => pattern.test(name))
      .map((name) => `${directory}/${name}`);
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(errorCode(error)) ? [] : null;
  }
}

/** As `withId` of the roster; observers take only its types. */
const fill = (pattern: string, id: string): string =>
  pattern.replaceAll('{id8}', () => id.slice(0, 8)).replaceAll('{id}', () => id);

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
