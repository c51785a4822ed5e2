import {
  databaseStamp,
  isSettled,
  lastEntry,
  readDatabase,
  recordAt,
  recordsOf,
  type Snapshot,
} from './sqlite.js';
import { columnsOf } from './sqlite-record.js';

/** What opencode's database holds of one session. */
export interface SessionSight {
  readonly exists: boolean;
  /** null: nothing was said. */
  readonly last: { readonly at: number; readonly message: Readonly<Record<string, unknown>> } | null;
}

/** Answers that hold as long as nobody writes to the database. */
const answers = new Map<string, { readonly stamp: string; readonly byId: Map<string, SessionSight> }>();

/**
 * Looks a session up, as opencode 1.18 stores it.
 *
 * @returns null: it cannot be told
 */
export function sessionIn(path: string, id: string): SessionSight | null {
  const stamp = databaseStamp(path);
  if (stamp === null) return null;
  const known = answers.get(path);
  const byId = known?.stamp === stamp ? known.byId : new Map<string, SessionSight>();
  if (byId !== known?.byId) answers.set(path, { stamp, byId });
  const before = byId.get(id);
  if (before !== undefined) return before;
  const sight = readDatabase(path, (snapshot) => look(snapshot, id));
  // What was read after a write must not be kept for what was there before it; and what could not be read, may be the next time.
  if (sight !== null && databaseStamp(path) === stamp && isSettled(path)) byId.set(id, sight);
  return sight;
}

/** Whether the last message of a session leaves it in the middle of a turn; null: that cannot be told. */
export function turnOf({ last }: SessionSight): 'open' | 'over' | null {
  if (last === null) return null;
  const { role, time, finish, error } = last.message;
  if (role === 'user') return 'open';
  const over = isObject(time) && typeof time['completed'] === 'number';
  // Between two calls of the model: the tools of the first have run.
  return over && (finish !== 'tool-calls' || error !== undefined) ? 'over' : 'open';
}

function look(snapshot: Snapshot, id: string): SessionSight {
  const roots = rootsOf(snapshot);
  const root = (name: string): number => {
    const number = roots.get(name);
    if (number === undefined) throw new Error(`no ${name}`);
    return number;
  };
  const exists = lastEntry(snapshot, root('sqlite_autoindex_session_1'), id) !== null;
  // By session, time and id of the message; the row comes last, as in every index.
  const entry = lastEntry(snapshot, root('message_session_time_created_id_idx'), id);
  if (entry === null) return { exists, last: null };
  const columns = columnsOf(entry);
  const [at, row] = [columns[1], columns.at(-1)];
  if (typeof at !== 'number' || typeof row !== 'number') throw new Error('another index');
  const record = recordAt(snapshot, root('message'), row);
  const data = record === null ? null : columnsOf(record).at(-1);
  const message: unknown = typeof data === 'string' ? JSON.parse(data) : null;
  if (!isObject(message)) throw new Error('another table');
  return { exists, last: { at, message } };
}

/** Where its tables and indices begin, by name. */
const rootsOf = (snapshot: Snapshot): ReadonlyMap<string, number> =>
  new Map(
    [...recordsOf(snapshot, 1)].flatMap((record) => {
      const [, name, , page] = columnsOf(record);
      return typeof name === 'string' && typeof page === 'number' ? [[name, page] as const] : [];
    }),
  );

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
