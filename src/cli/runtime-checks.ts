import { listed } from '../controller/listed.js';
import { resolveDesired } from '../controller/desired.js';
import { observeAgentFiles } from '../observers/agent-files.js';
import type { Installation } from '../observers/installation.js';
import { findObstacles } from '../observers/obstacles.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { launches } from './launches.js';
import type { Check } from './render/check-text.js';

/** Whether every agent's directory and program can be found with the PATH it will have. One line per runtime. */
export function runtimeChecks(
  context: Context,
  roster: Roster,
  installation: Installation,
): readonly Check[] {
  const names = roster.agents.map(({ name }) => name);
  const files = observeAgentFiles(context.paths, names, parseEnvironmentFile);
  const desired = resolveDesired(roster, files);
  const obstacles = findObstacles(launches(context, roster, desired, installation.record?.path ?? null));
  const runtimes = [...new Set(roster.agents.map(({ runtime }) => runtime))].toSorted();
  return runtimes.map((runtime): Check => {
    const subject = `runtime ${runtime}`;
    const agents = roster.agents.filter((agent) => agent.runtime === runtime).map(({ name }) => name);
    const problems = agents.flatMap((agent) => {
      const wanted = desired.get(agent);
      const problem = wanted?.kind === 'unresolved' ? wanted.message : obstacles.get(agent);
      return problem === undefined ? [] : [`${agent}: ${problem}`];
    });
    return problems.length === 0
      ? { result: 'ok', subject, message: `${listed(agents)} can be launched` }
      : { result: 'failed', subject, message: problems.join('; ') };
  });
}
