import type { Marks, ObservedPane, ObservedServer, ObservedSession } from '../controller/observed.js';
import { panePid } from '../host/tmux-target.js';
import { readSized, sized } from './sized-text.js';

const marks = [
  '@fleet_agent',
  '@fleet_home',
  '@fleet_pane',
  '@fleet_unit',
  '@fleet_spec',
  '@fleet_context',
  '@fleet_conversation',
];

export const serverFormat = 'V #{pid}';

/**
 * Who is attached to a session of the same group sees the same windows, and is not counted by `session_attached`. Outside of
 * a group the group's count is empty (3.3a).
 */
const attached = '#{?session_grouped,#{session_group_attached},#{session_attached}}';
export const sessionFormat = `S #{session_id} #{session_created} ${attached} ${['session_name', ...marks].map(sized).join(' ')}`;

/** `C` finds the first line of the screen that holds what fits: trailing blanks are none of it (3.3a). No other variable tells it. */
export const paneFormat = `P #{session_id} #{pane_id} ${panePid} #{pane_dead} #{window_activity} #{?#{C:?},drawn,blank}`;

export interface Listing {
  readonly server: Omit<ObservedServer, 'inHolder'>;
}

/**
 * Reads the three listings printed by one tmux call (measured with 3.3a).
 *
 * @param text one character per byte (latin1)
 * @returns null where anything does not fit: half a listing is no listing
 */
export function parseListing(text: string): Listing | null {
  const server = /^V ([1-9][0-9]*)\n/.exec(text);
  if (server?.[1] === undefined) return null;
  const sessions = new Map<string, { session: Omit<ObservedSession, 'panes'>; panes: ObservedPane[] }>();
  let at = server[0].length;
  while (at < text.length) {
    const session = readSession(text, at, false) ?? readSession(text, at, true);
    if (session !== null) {
      sessions.set(session.value.id, { session: session.value, panes: [] });
      at = session.end;
      continue;
    }
    const pane = readPane(text, at);
    const owner = pane === null ? undefined : sessions.get(pane.session);
    // A pane of a session that is not listed was created between the two listings; a linked window shows twice.
    if (pane === null) return null;
    if (owner !== undefined && !owner.panes.some(({ id }) => id === pane.value.id))
      owner.panes.push(pane.value);
    at = pane.end;
  }
  return {
    server: {
      pid: Number(server[1]),
      sessions: [...sessions.values()].map(({ session, panes }) => ({ ...session, panes })),
    },
  };
}

const sessionHead = /S (\$[0-9]+) ([0-9]+) ([0-9]+) /y;
const paneRow = /P (\$[0-9]+) (%[0-9]+) ([0-9]+) ([01]) ([0-9]+) (drawn|blank)\n/y;
const size = /([0-9]+):/y;

function readSession(
  text: string,
  from: number,
  escaped: boolean,
): { value: Omit<ObservedSession, 'panes'>; end: number } | null {
  sessionHead.lastIndex = from;
  const head = sessionHead.exec(text);
  if (head === null) return null;
  const [row, id = '', created = '', attached = ''] = head;
  const fields: string[] = [];
  let at = from + row.length;
  for (let index = 0; index <= marks.length; index += 1) {
    size.lastIndex = at;
    const match = size.exec(text);
    if (match?.[1] === undefined) return null;
    const field = readSized(text, at + match[0].length, Number(match[1]), escaped);
    if (field === null || text[field.end] !== (index === marks.length ? '\n' : ' ')) return null;
    fields.push(field.value);
    at = field.end + 1;
  }
  const [name = '', ...values] = fields;
  return {
    value: { id, name, createdAt: Number(created), attached: Number(attached), marks: readMarks(values) },
    end: at,
  };
}

function readMarks(values: readonly string[]): Marks {
  const [
    agent = null,
    home = null,
    pane = null,
    unit = null,
    spec = null,
    context = null,
    conversation = null,
  ] = values.map((value) => (value === '' ? null : value));
  return { agent, home, pane, unit, spec, context, conversation };
}

function readPane(text: string, from: number): { session: string; value: ObservedPane; end: number } | null {
  paneRow.lastIndex = from;
  const match = paneRow.exec(text);
  if (match === null) return null;
  const [row, session = '', id = '', pid = '', dead = '', activity = '', shown = ''] = match;
  return {
    session,
    value: {
      ...{ id, pid: Number(pid), dead: dead === '1', lastOutputAt: Number(activity) },
      blank: shown === 'blank',
    },
    end: from + row.length,
  };
}
