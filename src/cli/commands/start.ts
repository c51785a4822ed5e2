import type { World } from '../../controller/assess.js';
import { anotherChance } from '../../controller/backoff.js';
import { noWords } from '../../controller/gate.js';
import { releaseHolds } from '../../controller/holds.js';
import { plan as planOf } from '../../controller/plan.js';
import { restrict } from '../../controller/restrict.js';
import { monotonicNow } from '../../host/clock.js';
import { displayPath } from '../../host/paths.js';
import { requireAgents, requireNoneSuspended } from '../agent-names.js';
import type { Context } from '../context.js';
import { carryOutTold } from '../carry-out-told.js';
import { withLock } from '../execute.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireInstallation } from '../guard.js';
import { memoryStore } from '../host-actuators.js';
import { observeMemory } from '../../observers/memory.js';
import { observe } from '../pass.js';
import { textReporter } from '../reporter.js';
import { deliverKickstarts } from '../talk/kickstart.js';

/** Releases agents and starts those that do not run. Without a name: the whole fleet. Changes nothing that runs. */
export async function startCommand(context: Context, names: readonly string[]): Promise<ExitCode> {
  const { world, installation } = await observe(context);
  const { roster } = world;
  requireAgents(roster, names);
  requireInstallation(context, roster, installation);
  requireNoneSuspended(roster, names, 'started');
  const everyone = roster.agents.map(({ name }) => name);
  const chosen = new Set(names.length === 0 ? everyone : names);
  const code = await withLock(context, 'fleet start', async () => {
    await release(context, names, everyone);
    await forgetFailures(context, new Set([...chosen].filter((agent) => failing(agent, world))));
    const pass = await observe(context);
    const whole = planOf(pass.world, noWords, context.now());
    const plan = restrict(
      { ...whole, unknownAgents: whole.unknownAgents.filter(({ agent }) => chosen.has(agent)), notes: [] },
      ({ agent, action, live }) =>
        chosen.has(agent) && (action === 'start' || (action === 'restart' && live === null)),
    );
    const reporter = textReporter(context);
    if (plan.actions.length > 0 || plan.unknownAgents.length > 0) {
      reporter.planned(plan, displayPath(context.paths.roster, context.paths.userHome));
    } else context.print(names.length === 0 ? 'Nothing to start.' : `Running already: ${names.join(', ')}.`);
    return await carryOutTold(context, reporter, plan, pass, ({ world }) =>
      planOf(world, noWords, context.now()),
    );
  });
  if (!context.interrupted()) await deliverKickstarts(context, [...chosen]);
  return code;
}

async function release(
  context: Context,
  names: readonly string[],
  everyone: readonly string[],
): Promise<void> {
  const memory = observeMemory(context.paths.state);
  if (!memory.known || (memory.value.holds.size === 0 && memory.value.fleetHold === null)) return;
  const failure = await memoryStore(context).changeHolds((current) => releaseHolds(current, names, everyone));
  if (failure !== null) throw new CommandFailure(ExitCode.error, `cannot release: ${failure}`);
}

/** Whether there is anything that could keep it from being started at once: its failures, those not on record, too. */
export function failing(agent: string, { observed: { memory, units } }: World): boolean {
  const runs = units.known && units.value.agents.get(agent)?.active === 'active';
  return !runs || !memory.known || memory.value.failures.has(agent);
}

/** The operator's word is another chance: what kept ending is tried again at once. */
export async function forgetFailures(context: Context, agents: ReadonlySet<string>): Promise<void> {
  if (agents.size === 0 || !observeMemory(context.paths.state).known) return;
  const failure = await memoryStore(context).changeFailures((failures) =>
    anotherChance(failures, agents, monotonicNow()),
  );
  if (failure !== null)
    throw new CommandFailure(ExitCode.error, `cannot forget earlier failures: ${failure}`);
}
