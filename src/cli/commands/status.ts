import type { UnknownSource } from '../../controller/action.js';
import { noWords } from '../../controller/gate.js';
import { plan as planOf } from '../../controller/plan.js';
import { fleetStatus } from '../../controller/status.js';
import { assess } from '../../controller/assess.js';
import { readExitRecord } from '../../observers/exit-record.js';
import { lockOwner } from '../../host/lock.js';
import { controllerLock } from '../../host/paths.js';
import { readStatusRecord } from '../../observers/status-record.js';
import { observeFigures } from '../../observers/figures.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { sourceExitCode } from '../outcome.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { installationProblem, neverInstalled } from '../guard.js';
import { observe } from '../pass.js';
import { planWithScreens } from '../plan-with-screens.js';
import { statusJson } from '../render/status-json.js';
import { statusText } from '../render/status-text.js';
import { rosterInForce, type InForce } from '../roster-in-force.js';
import { loadRoster } from '../roster-source.js';
import { watchLines, type Look } from './status-watch.js';
import { jsonText } from '../render/json-text.js';

export interface StatusOptions {
  readonly output?: 'wide' | 'json';
  readonly json?: true;
  readonly watch?: true;
}

/** Shows the fleet as it is, from one snapshot. `wide` and `json` add figures, with one more process. */
export async function statusCommand(
  context: Context,
  agent: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> {
  // Whoever wrote --json reads JSON.
  if (options.json === true && options.output !== 'json')
    throw new CommandFailure(ExitCode.usage, 'give -o wide or --json, not both');
  if (options.watch === true) return watch(context, agent, options);
  const inForce = await rosterInForce(context);
  const { lines, unknownSources, controllerPid, refusal } = await look(context, inForce, agent, options);
  // With a controller it stands in the table's head.
  if (inForce.problem !== null && (options.output === 'json' || controllerPid === null))
    context.say(inForce.problem);
  for (const line of lines) context.print(line);
  if (refusal !== null) context.say(context.style.warn(`apply and the controller refuse: ${refusal}`));
  if (unknownSources.length > 0) return sourceExitCode({ unknownSources });
  return inForce.problem === null ? ExitCode.done : ExitCode.invalidRoster;
}

/** Goes on with the last good roster where an edit makes it invalid, as the controller does. */
async function watch(context: Context, agent: string | undefined, options: StatusOptions): Promise<ExitCode> {
  const { RosterMemory } = await import('../run/roster-memory.js');
  const { openWakes } = await import('../wakes.js');
  const memory = new RosterMemory(context);
  const { socketName } = memory.look().roster ?? (await loadRoster(context));
  return watchLines(context, openWakes(context, socketName), async () => {
    const { roster, problem } = memory.look();
    return look(context, { roster: roster ?? (await loadRoster(context)), problem }, agent, options);
  });
}

async function look(
  context: Context,
  { roster, problem }: InForce,
  agent: string | undefined,
  { output, watch: again }: StatusOptions,
): Promise<
  Look & {
    readonly unknownSources: readonly UnknownSource[];
    readonly controllerPid: number | null;
    /** Why nothing of what is to be done will be done; null: no such reason, or there is nothing to do. */
    readonly refusal: string | null;
  }
> {
  const { paths } = context;
  if (agent !== undefined && problem !== null && !roster.agents.some(({ name }) => name === agent)) {
    // It may well stand in the file.
    context.say(`${problem}\nWhat follows goes by the roster that was applied last.`);
  }
  requireAgents(roster, agent === undefined ? [] : [agent]);
  const { world, installation } = await observe(context, { roster });
  const recorded = readStatusRecord(paths.state);
  const now = context.now();
  const plan = await planWithScreens(context, planOf(world, noWords, now), world);
  const agents = fleetStatus(world, { now, plan, recorded }).filter(
    ({ name }) => agent === undefined || name === agent,
  );
  const running = agents.filter(({ pid }) => pid !== null).map(({ name }) => name);
  const controllerPid = lockOwner(controllerLock(paths))?.pid ?? null;
  const figures = output === undefined ? null : await observeFigures(context.exec, running);
  const { unknownSources, strangers } = assess(world);
  // Before the first install nothing is refused that anybody waits for.
  const refusal =
    plan.actions.length === 0 || neverInstalled(installation)
      ? null
      : installationProblem(context, world.roster, installation);
  const found = { unknownSources, controllerPid, refusal };
  const input = {
    ...{ world, agents, figures, unknownSources, strangers, recorded, rosterProblem: problem, paths },
    controllerPid,
    now: context.now(),
  };
  const { tmux } = world.observed;
  const serverSeen = tmux.known && tmux.value !== null;
  if (output === 'json') {
    const document = jsonText(statusJson(input), again === true ? undefined : 2);
    return { lines: [document], ...found, serverSeen };
  }
  const record = agent === undefined ? null : readExitRecord(paths, agent);
  const shown = { ...input, wide: output === 'wide', detail: agent !== undefined, record };
  return { lines: statusText(shown, context.style), ...found, serverSeen };
}
