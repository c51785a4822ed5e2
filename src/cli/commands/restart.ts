import { operatorPlan } from '../../controller/operator-plan.js';
import type { OperatorCommand, Plan } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import { displayPath } from '../../host/paths.js';
import type { Roster } from '../../roster/types.js';
import { requireAgents, requireNoneSuspended } from '../agent-names.js';
import type { Context } from '../context.js';
import { carryOutTold } from '../carry-out-told.js';
import { withLock } from '../execute.js';
import type { ExitCode } from '../exit-code.js';
import { requireInstallation } from '../guard.js';
import { observe } from '../pass.js';
import { planWithScreens } from '../plan-with-screens.js';
import { textReporter } from '../reporter.js';
import { deliverKickstarts } from '../talk/kickstart.js';
import { failing, forgetFailures } from './start.js';

export interface RestartOptions {
  /** Ends the conversation. */
  readonly fresh?: true;
}

/**
 * Restarts agents on the operator's word: neither activity, approval nor brake stand before it. The cost is printed first. Who is
 * named, and kept ending, has another chance.
 */
export async function restartCommand(
  context: Context,
  names: readonly string[],
  options: RestartOptions = {},
): Promise<ExitCode> {
  const word = options.fresh === true ? 'restart --fresh' : 'restart';
  const { code, roster } = await restartAgents(context, names, word);
  if (!context.interrupted())
    await deliverKickstarts(
      context,
      roster.agents.map(({ name }) => name),
    );
  return code;
}

/** The same without first messages: they wait in the outbox. */
export async function restartAgents(
  context: Context,
  names: readonly string[],
  word: Exclude<OperatorCommand, 'stop'>,
): Promise<{ readonly code: ExitCode; readonly roster: Roster }> {
  const planOf = (world: World): Plan =>
    operatorPlan(world, word, names.length === 0 ? null : names, context.now());
  const first = await observe(context);
  const { roster } = first.world;
  requireAgents(roster, names);
  requireNoneSuspended(roster, names, 'restarted');
  requireInstallation(context, roster, first.installation);
  const code = await withLock(context, `fleet ${word}`, async () => {
    // Under the lock: a controller that sees it would start it first.
    await forgetFailures(context, new Set(names.filter((agent) => failing(agent, first.world))));
    const pass = await observe(context, { endsAsked: true });
    const plan = await planWithScreens(context, planOf(pass.world), pass.world, 'costs');
    const reporter = textReporter(context);
    if (plan.actions.length === 0 && plan.unknownAgents.length === 0) context.print('Nothing to restart.');
    else reporter.planned(plan, displayPath(context.paths.roster, context.paths.userHome));
    return await carryOutTold(context, reporter, plan, pass, ({ world }) => planOf(world));
  });
  return { code, roster };
}
