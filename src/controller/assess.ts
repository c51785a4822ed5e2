import type { Roster } from '../roster/types.js';
import type { Desired } from './desired.js';
import type { AgentFiles, Observed, ObservedServer, ObservedSession, ObservedUnits } from './observed.js';
import {
  indexSessions,
  isOurs,
  nameTakenBy,
  sessionNameOf,
  situationOf,
  type SessionIndex,
  type Situation,
} from './situation.js';
import type { UnknownSource } from './action.js';

/** One agent seen from both sides: the outer join of the roster with the host. */
export interface Assessment {
  readonly agent: string;
  /** null: not in the roster. */
  readonly desired: Desired | null;
  readonly situation: Situation;
  /** Why its next session would not get its name, or null. */
  readonly nameTaken: string | null;
  readonly files: AgentFiles | null;
  /** Whether marks or env file of this home name the agent. Agents in the roster with no session are ours to start. */
  readonly owned: boolean;
}

export interface Assessed {
  readonly agents: readonly Assessment[];
  /** Sessions on our socket that belong to no agent at all. */
  readonly strangers: readonly ObservedSession[];
  readonly unknownSources: readonly UnknownSource[];
}

export interface World {
  readonly roster: Roster;
  readonly desired: ReadonlyMap<string, Desired>;
  readonly observed: Observed;
  /** The Mosaic home, absolute. */
  readonly home: string;
}

export function assess({ roster, desired, observed, home }: World): Assessed {
  const unknownSources = findUnknownSources(observed, roster.socketName);
  const units = observed.units.known ? observed.units.value : null;
  const server = observed.tmux.known ? observed.tmux.value : null;
  const index = indexSessions(server, home, roster.socketName);
  const names = agentNames(desired, units, index);
  const unknown = unknownSources[0];
  const agents = names.map((agent): Assessment => {
    const wanted = desired.get(agent) ?? null;
    const files = observed.files.get(agent) ?? null;
    const sessionName = wanted?.spec.session ?? sessionNameOf(agent);
    const subject = { agent, sessionName, unit: units?.agents.get(agent) ?? null };
    const situation: Situation =
      unknown === undefined ? situationOf(subject, index) : { kind: 'unknown', message: unknown.message };
    return {
      agent,
      desired: wanted,
      situation,
      nameTaken: nameTakenBy(subject, index),
      files,
      owned: index.marked.has(agent) || files?.owned === true,
    };
  });
  return { agents, strangers: strangers(server, agents, roster.holderSession, home), unknownSources };
}

/** Ids of the sessions of which it is said with an agent why they are not taken for it. */
export const toldWithAgents = (agents: readonly Assessment[]): ReadonlySet<string> =>
  new Set(
    agents.flatMap(({ desired, situation }) => {
      if (desired === null) return [];
      if (situation.kind === 'unknown') return situation.foreign ?? [];
      return situation.kind === 'foreign' ? situation.session.id : [];
    }),
  );

/** Sources that leave every agent unknown. Acting on half a picture is how fleets get killed. */
function findUnknownSources({ units, tmux, memory }: Observed, socket: string): UnknownSource[] {
  const found: UnknownSource[] = [];
  if (!units.known) found.push({ source: 'systemd', message: units.message });
  if (!tmux.known) found.push({ source: 'tmux', message: tmux.message });
  else if (units.known) {
    const contradiction = serverContradiction(units.value, tmux.value, socket);
    if (contradiction !== null) found.push({ source: 'tmux', message: contradiction });
  }
  if (!memory.known) found.push({ source: 'state', message: memory.message });
  return found;
}

/** The holder owns the socket's server: one without the other means that we look at the wrong place. */
export function serverContradiction(
  units: ObservedUnits,
  server: ObservedServer | null,
  socket: string,
): string | null {
  const holderActive = units.holder?.active === 'active' || units.holder?.active === 'reloading';
  if (server === null) {
    return holderActive
      ? `no tmux server answers on socket ${socket}, although its holder is active (another TMUX_TMPDIR? its socket file removed?)`
      : null;
  }
  if (server.inHolder === true) return null;
  if (server.inHolder === null && holderActive) return null;
  return `the tmux server on socket ${socket} (pid ${server.pid}) does not belong to mosaic-tmux-holder.service; it is left alone`;
}

function agentNames(
  desired: ReadonlyMap<string, Desired>,
  units: ObservedUnits | null,
  index: SessionIndex,
): readonly string[] {
  const running = [...(units?.agents ?? [])].filter(
    ([, { active }]) => active !== 'inactive' && active !== 'failed',
  );
  const names = new Set([...desired.keys(), ...running.map(([name]) => name), ...index.marked.keys()]);
  return [...names].toSorted(byName);
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function strangers(
  server: ObservedServer | null,
  agents: readonly Assessment[],
  holderSession: string,
  home: string,
): readonly ObservedSession[] {
  const taken = new Set(
    agents.flatMap(({ situation, desired, owned }) =>
      // A unit that fleet did not start makes its session no more fleet's than any other.
      (desired !== null || owned) && 'session' in situation && situation.kind !== 'foreign'
        ? [situation.session.id]
        : [],
    ),
  );
  return (server?.sessions ?? [])
    .filter(({ id, name, marks }) => !taken.has(id) && name !== holderSession && !isOurs(marks, home))
    .toSorted((a, b) => byName(a.name, b.name));
}
