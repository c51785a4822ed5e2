import type { UnknownSource } from '../../controller/action.js';
import { fleetStatus } from '../../controller/status.js';
import { assess } from '../../controller/assess.js';
import { readExitRecord } from '../../observers/exit-record.js';
import { lockOwner } from '../../host/lock.js';
import { controllerLock } from '../../host/paths.js';
import { readStatusRecord } from '../../observers/status-record.js';
import { observeFigures } from '../../observers/figures.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { sourceExitCode } from '../execute.js';
import { ExitCode } from '../exit-code.js';
import { observe } from '../pass.js';
import { statusJson } from '../render/status-json.js';
import { statusText } from '../render/status-text.js';
import { watchLines } from './status-watch.js';

export interface StatusOptions {
  readonly output?: 'wide' | 'json';
  readonly watch?: true;
}

/** Shows the fleet as it is, from one snapshot. `wide` and `json` add figures, with one more process. */
export async function statusCommand(
  context: Context,
  agent: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> {
  if (options.watch === true && options.output !== 'json') {
    return watchLines(context, async () => (await look(context, agent, options)).lines);
  }
  const { lines, unknownSources } = await look(context, agent, options);
  for (const line of lines) context.print(line);
  return unknownSources.length > 0 ? sourceExitCode({ unknownSources }) : ExitCode.done;
}

async function look(
  context: Context,
  agent: string | undefined,
  { output }: StatusOptions,
): Promise<{ readonly lines: readonly string[]; readonly unknownSources: readonly UnknownSource[] }> {
  const { world } = await observe(context);
  const recorded = readStatusRecord(context.paths.state);
  if (agent !== undefined) requireAgents(world.roster, [agent]);
  const agents = fleetStatus(world, { now: context.now(), recorded }).filter(
    ({ name }) => agent === undefined || name === agent,
  );
  const running = agents.filter(({ pid }) => pid !== null).map(({ name }) => name);
  const figures = output === undefined ? null : await observeFigures(context.exec, running);
  const { unknownSources, strangers } = assess(world);
  const input = {
    world,
    agents,
    figures,
    unknownSources,
    strangers,
    recorded,
    controllerPid: lockOwner(controllerLock(context.paths))?.pid ?? null,
    now: context.now(),
    paths: context.paths,
  };
  if (output === 'json') return { lines: [JSON.stringify(statusJson(input), null, 2)], unknownSources };
  const record = agent === undefined ? null : readExitRecord(context.paths, agent);
  const shown = { ...input, wide: output === 'wide', detail: agent !== undefined, record };
  return { lines: statusText(shown, context.style), unknownSources };
}
