import { resolveDesired, type EarlierDesired } from '../controller/desired.js';
import type { World } from '../controller/assess.js';
import { countEnds } from '../controller/backoff.js';
import type { Observed } from '../controller/observed.js';
import { isOurs } from '../controller/situation.js';
import { observeAgentFiles, type AgentFilesMemory } from '../observers/agent-files.js';
import { readExitRecord } from '../observers/exit-record.js';
import { emptyMemory, observeConversations, type ConversationMemory } from '../observers/conversations.js';
import { observeInstallation, type Installation } from '../observers/installation.js';
import { observeMemory } from '../observers/memory.js';
import { findObstacles } from '../observers/obstacles.js';
import { observeUnits } from '../observers/systemd.js';
import { observeTmux } from '../observers/tmux.js';
import { monotonicNow } from '../host/clock.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { conversationQuestions } from './conversation-questions.js';
import type { Asked } from './early-look.js';
import { launches } from './launches.js';
import { loadRoster } from './roster-source.js';

/** One pass's view: the roster, the host, and how fleet is installed on it. */
export interface Pass {
  readonly world: World;
  readonly installation: Installation;
}

/** For who looks again and again. */
export interface Earlier {
  readonly memory: AgentFilesMemory;
  readonly conversations: ConversationMemory;
  readonly installation: () => Installation;
  seen: EarlierDesired | null;
}

/**
 * Observes everything once, with two processes. systemctl is already at work while the roster is compiled.
 *
 * @param from.socketName where the server is looked for, if not on the roster's socket
 * @param from.roster taken instead of the file's
 * @param from.units systemd's answer, where it was asked before
 * @param from.earlier what was seen before, by who looks again and again: what has not changed is not read again
 * @throws CommandFailure 78 where the roster cannot be used
 */
export async function observe(
  context: Context,
  from: {
    readonly units?: Asked['units'];
    readonly socketName?: string;
    readonly roster?: Roster;
    readonly earlier?: Earlier;
  } = {},
): Promise<Pass> {
  const { paths, exec } = context;
  const unitsSeen = from.units ?? observeUnits(exec);
  const roster = from.roster ?? (await loadRoster(context));
  const tmuxSeen = observeTmux(exec, from.socketName ?? roster.socketName);
  const installation = from.earlier?.installation() ?? observeInstallation(paths, parseEnvironmentFile);
  const known = new Map(
    observeAgentFiles(
      paths,
      roster.agents.map(({ name }) => name),
      parseEnvironmentFile,
      from.earlier?.memory,
    ),
  );
  const desired = resolveDesired(roster, known, from.earlier?.seen);
  if (from.earlier !== undefined) from.earlier.seen = { desired, files: known };
  const obstacles = findObstacles(launches(context, roster, desired, installation.record?.path ?? null));
  const [units, tmux] = await Promise.all([unitsSeen, tmuxSeen]);
  // Last, so that a hold that was answered while we looked is in force.
  const memory = observeMemory(paths.state);
  const others = othersIn(units, tmux, paths.home).filter((agent) => !known.has(agent));
  const files = new Map([...known, ...observeAgentFiles(paths, new Set(others), parseEnvironmentFile)]);
  const ends = endsOf(context, roster, units);
  const conversations = observeConversations(
    paths,
    conversationQuestions(context, desired, files, tmux, paths.home),
    from.earlier?.conversations ?? emptyMemory(),
  );
  const observed: Observed = {
    ...{ units, tmux, files, obstacles, ends, conversations },
    memory: counting(memory, ends, desired),
    moment: monotonicNow(),
  };
  return { world: { roster, desired, observed, home: paths.home }, installation };
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
export async function lookAgain({ exec }: Context, { world }: Pass, socketName: string): Promise<World> {
  const [units, tmux] = await Promise.all([observeUnits(exec), observeTmux(exec, socketName)]);
  return { ...world, observed: { ...world.observed, units, tmux } };
}

/** Agents that run without being in the roster. */
function othersIn(units: Observed['units'], tmux: Observed['tmux'], home: string): readonly string[] {
  const running = units.known ? [...units.value.agents.keys()] : [];
  const sessions = tmux.known ? (tmux.value?.sessions ?? []) : [];
  return [...running, ...sessions.flatMap(({ marks }) => (isOurs(marks, home) ? (marks.agent ?? []) : []))];
}
