import type { Marks, ObservedPane, ObservedServer, ObservedSession, ObservedUnit } from './observed.js';

/** What is the case with one agent, from units and sessions alone. */
export type Situation =
  /** `foreign`: id of a session that is not ours and has its name, while its unit runs. */
  | { readonly kind: 'unknown'; readonly message: string; readonly foreign?: string }
  /** Its session name is taken by a session that is not ours, and its unit does not run. */
  | { readonly kind: 'foreign'; readonly session: ObservedSession; readonly message: string }
  /** Its unit runs with a session that carries no marks: started by the predecessor's units. */
  | { readonly kind: 'unmarked'; readonly session: ObservedSession; readonly pane: ObservedPane }
  | { readonly kind: 'starting' }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'stopped'; readonly failed: boolean }
  /** A oneshot unit of the predecessor, active although its session is gone. */
  | { readonly kind: 'hollow' }
  /** The agent's process has ended and its unit is about to follow. */
  | { readonly kind: 'exited'; readonly session: ObservedSession }
  /** `unit` is false for a session that was adopted without one: its liveness is its pane's. */
  | {
      readonly kind: 'live';
      readonly session: ObservedSession;
      readonly pane: ObservedPane;
      readonly unit: boolean;
    };

export interface Subject {
  readonly agent: string;
  readonly sessionName: string;
  readonly unit: ObservedUnit | null;
}

/** tmux cannot hold dots in session names. The same mapping as the roster's. */
export const sessionNameOf = (agent: string): string => agent.replaceAll('.', '_');

/** Names of the roster's alphabet only: a mark that holds anything else was not set by fleet. */
const agentName = /^[A-Za-z0-9_.-]+$/;

export const isOurs = (marks: Marks, home: string): boolean =>
  marks.home === home && marks.agent !== null && agentName.test(marks.agent);

/** Sessions and panes by what they are looked up by, built once per pass. */
export interface SessionIndex {
  /** Sessions of this home by the agent their marks name. */
  readonly marked: ReadonlyMap<string, readonly ObservedSession[]>;
  readonly named: ReadonlyMap<string, ObservedSession>;
  readonly panes: ReadonlyMap<string, ObservedPane>;
  readonly home: string;
  readonly socket: string;
}

export function indexSessions(server: ObservedServer | null, home: string, socket: string): SessionIndex {
  const sessions = server?.sessions ?? [];
  const marked = new Map<string, ObservedSession[]>();
  for (const session of sessions) {
    const { agent } = session.marks;
    if (agent === null || !isOurs(session.marks, home)) continue;
    const before = marked.get(agent);
    if (before === undefined) marked.set(agent, [session]);
    else before.push(session);
  }
  return {
    marked,
    named: new Map(sessions.map((session) => [session.name, session])),
    panes: new Map(sessions.flatMap(({ panes }) => panes.map((pane) => [pane.id, pane]))),
    ...{ home, socket },
  };
}

export function situationOf(subject: Subject, index: SessionIndex): Situation {
  // What an earlier life left behind does not count beside a session that lives.
  const marked = index.marked.get(subject.agent) ?? [];
  const living = marked.filter((session) => ownPane(session, index)?.dead === false);
  const [own, second] = living.length > 0 ? living : marked.slice(0, 1);
  if (own !== undefined && second !== undefined) {
    const message = `sessions ${own.name} and ${second.name} both carry its marks; end the one that is wrong`;
    return { kind: 'unknown', message };
  }
  const state = subject.unit?.active ?? 'inactive';
  switch (state) {
    case 'activating':
      return { kind: 'starting' };
    case 'deactivating':
      return { kind: 'stopping' };
    case 'maintenance':
      return { kind: 'unknown', message: 'its unit is in maintenance' };
    case 'active':
    case 'reloading':
      return own === undefined ? withoutMarks(subject, index) : withMarks(subject, own, index);
    case 'inactive':
    case 'failed':
      return own === undefined ? withoutUnit(subject, index) : abandoned(own, index, state === 'failed');
  }
}

/**
 * Whoever sees the end of a pane tells systemd of it in milliseconds, but where it is stopped, or somebody took the server's hooks
 * away. The agent may live on without its terminal, or in a session that a human has moved it to: nothing is ended unasked.
 */
const outOfSight = ({ agent }: Subject, what: string): Situation => ({
  kind: 'unknown',
  message: `its unit is active, but ${what}; if that stays: systemctl --user restart mosaic-agent@${agent}.service`,
});

function withMarks(subject: Subject, own: ObservedSession, index: SessionIndex): Situation {
  const pane = ownPane(own, index);
  if (pane === null) return outOfSight(subject, 'its pane is gone');
  return pane.dead ? { kind: 'exited', session: own } : { kind: 'live', session: own, pane, unit: true };
}

function withoutMarks(subject: Subject, index: SessionIndex): Situation {
  const named = index.named.get(subject.sessionName);
  if (named === undefined && subject.unit?.sub === 'exited') return { kind: 'hollow' };
  if (named === undefined) return outOfSight(subject, 'tmux shows no session of it');
  const foreign = foreignSession(subject, named, index);
  if (named.marks.agent !== null || named.marks.home !== null)
    return { kind: 'unknown', message: foreign.message, foreign: named.id };
  const pane = named.panes.find(({ dead }) => !dead);
  return pane === undefined
    ? outOfSight(subject, 'every pane of its session is dead')
    : { kind: 'unmarked', session: named, pane };
}

function withoutUnit(subject: Subject, index: SessionIndex): Situation {
  const named = index.named.get(subject.sessionName);
  return named === undefined
    ? { kind: 'stopped', failed: subject.unit?.active === 'failed' }
    : foreignSession(subject, named, index);
}

/**
 * Whose session has the name that this agent's next session needs, where it is neither the agent's own nor about to be
 * adopted: a human may have renamed the agent's session, and somebody taken the name.
 */
export function nameTakenBy(subject: Subject, index: SessionIndex): string | null {
  const named = index.named.get(subject.sessionName);
  const [own] = index.marked.get(subject.agent) ?? [];
  return own === undefined || named === undefined || named === own
    ? null
    : `session ${named.name} ${whose(named.marks, index.home)}`;
}

/** Our session, and no unit that runs: adopted without one, or what a killed unit left behind. */
function abandoned(own: ObservedSession, index: SessionIndex, failed: boolean): Situation {
  const pane = ownPane(own, index);
  return pane === null || pane.dead
    ? { kind: 'stopped', failed }
    : { kind: 'live', session: own, pane, unit: false };
}

function foreignSession(
  { agent }: Subject,
  session: ObservedSession,
  { home, socket }: SessionIndex,
): Situation & { kind: 'foreign' } {
  const lost = lostMark(session.marks, agent, home);
  const text =
    lost === null
      ? whose(session.marks, home)
      : `has lost its mark ${lost.mark}; if it is this agent: tmux -L ${socket} set-option -t '=${session.name}:' ${lost.mark} ${lost.value}`;
  return { kind: 'foreign', session, message: `session ${session.name} ${text}` };
}

/** The one of two marks that somebody took off. What the other says makes it likely that the session is this agent's, no more. */
function lostMark(
  marks: Marks,
  agent: string,
  home: string,
): { readonly mark: string; readonly value: string } | null {
  if (marks.home === home && marks.agent === null) return { mark: '@fleet_agent', value: agent };
  if (marks.home === null && marks.agent === agent)
    return { mark: '@fleet_home', value: `'${home.replaceAll("'", "'\\''")}'` };
  return null;
}

function whose({ home, agent }: Marks, ours: string): string {
  if (home !== null && (home !== ours || agent === null)) return `belongs to ${home}`;
  return agent === null ? 'was not created by fleet' : `belongs to agent ${agent}`;
}

/** A pane keeps its id when a human moves it to another session. */
function ownPane(own: ObservedSession, index: SessionIndex): ObservedPane | null {
  return own.marks.pane === null ? null : (index.panes.get(own.marks.pane) ?? null);
}
