import { resolveDesired } from '../controller/desired.js';
import type { World } from '../controller/assess.js';
import type { Observed } from '../controller/observed.js';
import { isOurs } from '../controller/situation.js';
import { observeAgentFiles } from '../observers/agent-files.js';
import { observeInstallation, type Installation } from '../observers/installation.js';
import { observeMemory } from '../observers/memory.js';
import { findObstacles } from '../observers/obstacles.js';
import { observeUnits } from '../observers/systemd.js';
import { observeTmux } from '../observers/tmux.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';
import type { Context } from './context.js';
import { launches } from './launches.js';
import { loadRoster } from './roster-source.js';

/** One pass's view: the roster, the host, and how fleet is installed on it. */
export interface Pass {
  readonly world: World;
  readonly installation: Installation;
}

/**
 * Observes everything once, with two processes. systemctl is already at work while the roster is compiled.
 *
 * @param socketName where the server is looked for, if not on the roster's socket
 * @throws CommandFailure 78 where the roster cannot be used
 */
export async function observe(context: Context, socketName?: string): Promise<Pass> {
  const { paths, exec } = context;
  const unitsSeen = observeUnits(exec);
  const roster = loadRoster(context);
  const tmuxSeen = observeTmux(exec, socketName ?? roster.socketName);
  const installation = observeInstallation(paths, parseEnvironmentFile);
  const memory = observeMemory(paths.state);
  const known = new Map(
    observeAgentFiles(
      paths,
      roster.agents.map(({ name }) => name),
      parseEnvironmentFile,
    ),
  );
  const desired = resolveDesired(roster, known);
  const obstacles = findObstacles(launches(context, roster, desired, installation.record?.path ?? null));
  const [units, tmux] = await Promise.all([unitsSeen, tmuxSeen]);
  const others = othersIn(units, tmux, paths.home).filter((agent) => !known.has(agent));
  const files = new Map([...known, ...observeAgentFiles(paths, new Set(others), parseEnvironmentFile)]);
  const observed: Observed = { units, tmux, files, obstacles, memory };
  return { world: { roster, desired, observed, home: paths.home }, installation };
}

/** Agents that run without being in the roster. */
function othersIn(units: Observed['units'], tmux: Observed['tmux'], home: string): readonly string[] {
  const running = units.known ? [...units.value.agents.keys()] : [];
  const sessions = tmux.known ? (tmux.value?.sessions ?? []) : [];
  return [...running, ...sessions.flatMap(({ marks }) => (isOurs(marks, home) ? (marks.agent ?? []) : []))];
}
