import { resolveDesired, type Desired } from '../controller/desired.js';
import type { World } from '../controller/assess.js';
import { countEnds } from '../controller/backoff.js';
import { holdOn } from '../controller/gate.js';
import type { Observed } from '../controller/observed.js';
import { isOurs } from '../controller/situation.js';
import { observeAgentFiles } from '../observers/agent-files.js';
import { readExitRecord } from '../observers/exit-record.js';
import type { EnvironmentOf } from '../observers/conversation-evidence.js';
import { emptyMemory } from '../observers/conversations.js';
import { observeInstallation, type Installation } from '../observers/installation.js';
import { observeMemory } from '../observers/memory.js';
import { findObstacles } from '../observers/obstacles.js';
import { observeUnits } from '../observers/systemd.js';
import { observeTmux } from '../observers/tmux.js';
import { stampOf } from '../host/atomic-file.js';
import { monotonicNow } from '../host/clock.js';
import { exitsDirectory } from '../host/paths.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';
import type { Roster } from '../roster/types.js';
import { inheritedEnvironment } from './agent-environment.js';
import type { Context } from './context.js';
import { conversationQuestions } from './conversation-questions.js';
import { lookAtConversations } from './conversation-sights.js';
import type { Asked } from './early-look.js';
import type { Earlier } from './earlier.js';
import { lookAtHost, wholeLook, type HostLook } from './host-look.js';
import { launches } from './launches.js';
import { loadRoster } from './roster-source.js';

/** One pass's view: the roster, the host, and how fleet is installed on it. */
export interface Pass {
  readonly world: World;
  readonly installation: Installation;
  /** Of every agent it was asked what its end would cost, not only of those that differ from the roster. */
  readonly endsAsked: boolean;
  /** What agents inherit from their units, as far as anybody had to know. */
  readonly inherited: EnvironmentOf;
}

/**
 * Observes everything once, with two processes; with a third where a conversation is to be sought. systemctl is already at work while the roster is compiled.
 *
 * @param from.socketName where the server is looked for, if not on the roster's socket
 * @param from.roster taken instead of the file's
 * @param from.endsAsked somebody may end agents that are as the roster says
 * @param from.units systemd's answer, where it was asked before
 * @param from.earlier what was seen before, by who looks again and again: what has not changed is not read again
 * @throws CommandFailure 78 where the roster cannot be used
 */
export async function observe(
  context: Context,
  from: {
    readonly units?: Asked['units'];
    readonly endsAsked?: boolean;
    readonly socketName?: string;
    readonly roster?: Roster;
    readonly earlier?: Earlier;
  } = {},
): Promise<Pass> {
  const { paths, exec } = context;
  const { earlier = null, endsAsked = false } = from;
  const unitsSeen = from.units ?? (context.look === undefined ? observeUnits(exec) : null);
  const roster = from.roster ?? (await loadRoster(context));
  const socketName = from.socketName ?? roster.socketName;
  const hostSeen =
    unitsSeen === null ? hostLook(context, socketName) : beside(unitsSeen, observeTmux(exec, socketName));
  const names = roster.agents.map(({ name }) => name);
  const installation = earlier?.installation() ?? observeInstallation(paths, parseEnvironmentFile);
  const known = observeAgentFiles(paths, names, parseEnvironmentFile, earlier?.files);
  const desired = resolveDesired(roster, known, earlier?.desired);
  const first = await hostSeen;
  // Who looks again and again sees the rest the next time.
  const { units, tmux } =
    earlier === null
      ? await wholeLook(first, roster, paths.home, () => hostLook(context, socketName))
      : first;
  const files = withOthers(context, known, units, tmux);
  const inherited = (manager: EnvironmentOf): EnvironmentOf => inheritedEnvironment(installation, manager);
  const { conversations, manager } = await lookAtConversations(
    context,
    conversationQuestions(context, { desired, files, tmux, inherited, endsAsked }),
    earlier?.conversations ?? emptyMemory(),
    mayStart(context, desired, earlier),
  );
  // Last, so that a hold that was answered while we looked is in force.
  const stored = earlier?.memory() ?? observeMemory(paths.state);
  const endsStamp = earlier === null ? null : stampOf(exitsDirectory(paths));
  const sameAgents = earlier?.last?.observed.units === units && earlier.desired?.roster === roster;
  const last = sameAgents ? earlier.last : null;
  const sameEnds = last !== null && endsStamp !== null && last.endsStamp === endsStamp;
  const ends = sameEnds ? last.observed.ends : endsOf(context, roster, units);
  const sameDesired = desired === earlier?.desired?.desired;
  const observed: Observed = {
    ...{ units, tmux, files, ends, conversations },
    // Asked by gates alone: as long as nothing is to be done, and nothing has changed, nobody asks.
    obstacles:
      earlier?.quiet === true && sameEnds && sameDesired && last.observed.tmux === tmux
        ? last.observed.obstacles
        : findObstacles(launches(context, roster, desired, installation.record?.path ?? null)),
    memory:
      sameEnds && sameDesired && last.stored === stored
        ? last.observed.memory
        : counting(stored, ends, desired),
    moment: monotonicNow(),
  };
  if (earlier !== null) {
    earlier.desired = { roster, desired, files: known };
    earlier.last = { observed, stored, endsStamp };
  }
  const world = { roster, desired, observed, home: paths.home };
  return { world, installation, endsAsked, inherited: inherited(manager) };
}

/** Of who is stopped by the operator's word, or given up, nothing is asked: whoever lifts that looks again. */
function mayStart(
  { paths, now }: Context,
  desired: ReadonlyMap<string, Desired>,
  earlier: Earlier | null,
): (agent: string) => boolean {
  let stored: ReturnType<typeof observeMemory> | null = null;
  return (agent) => {
    const wanted = desired.get(agent);
    if (wanted === undefined || wanted.spec.suspend) return false;
    stored ??= earlier?.memory() ?? observeMemory(paths.state);
    if (!stored.known || holdOn(agent, stored.value, now()) !== null) return false;
    const failure = stored.value.failures.get(agent);
    return failure?.stalled !== true || wanted.kind !== 'resolved' || failure.spec !== wanted.specHash;
  };
}

const hostLook = ({ look, exec }: Context, socketName: string): Promise<HostLook> =>
  look?.(socketName) ?? lookAtHost(exec, socketName);

async function beside(units: Promise<Observed['units']>, tmux: Promise<Observed['tmux']>): Promise<HostLook> {
  const [unitsSeen, tmuxSeen] = await Promise.all([units, tmux]);
  return { units: unitsSeen, tmux: tmuxSeen };
}

/** Files of agents that run without being in the roster as well; `known` itself where there are none. */
function withOthers(
  { paths }: Context,
  known: Observed['files'],
  units: Observed['units'],
  tmux: Observed['tmux'],
): Observed['files'] {
  const others = new Set(othersIn(units, tmux, paths.home).filter((agent) => !known.has(agent)));
  return others.size === 0
    ? known
    : new Map([...known, ...observeAgentFiles(paths, others, parseEnvironmentFile)]);
}

/** How the agents that do not run have ended, as far as they have ever run. */
function endsOf({ paths }: Context, { agents }: Roster, units: Observed['units']): Observed['ends'] {
  if (!units.known) return new Map();
  const running = (agent: string): boolean => {
    const active = units.value.agents.get(agent)?.active ?? 'inactive';
    // A unit that is just ending has written down how before it began to.
    return active !== 'inactive' && active !== 'failed' && active !== 'deactivating';
  };
  return new Map(
    agents.flatMap(({ name }) => {
      const record = running(name) ? null : readExitRecord(paths, name);
      return record === null ? [] : [[name, record] as const];
    }),
  );
}

/** Ends that nobody has counted yet count here already; they are kept by whoever acts. */
function counting(
  memory: Observed['memory'],
  ends: Observed['ends'],
  desired: World['desired'],
): Observed['memory'] {
  if (!memory.known) return memory;
  return {
    known: true,
    value: { ...memory.value, failures: countEnds(memory.value.failures, ends, desired) },
  };
}

/** The world of a pass with units and sessions as they are now: what an apply reads back after its work. */
export async function lookAgain(context: Context, { world }: Pass, socketName: string): Promise<World> {
  const { units, tmux } = await hostLook(context, socketName);
  return { ...world, observed: { ...world.observed, units, tmux } };
}

/** Agents that run without being in the roster. */
function othersIn(units: Observed['units'], tmux: Observed['tmux'], home: string): readonly string[] {
  const running = units.known ? [...units.value.agents.keys()] : [];
  const sessions = tmux.known ? (tmux.value?.sessions ?? []) : [];
  return [...running, ...sessions.flatMap(({ marks }) => (isOurs(marks, home) ? (marks.agent ?? []) : []))];
}
