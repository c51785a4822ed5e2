import { plan as planOf } from '../../controller/plan.js';
import { noWords } from '../../controller/gate.js';
import { fileProblem, writeFileAtomic } from '../../host/atomic-file.js';
import { displayPath } from '../../host/paths.js';
import type { Context } from '../context.js';
import type { Asked } from '../early-look.js';
import { sourceExitCode } from '../outcome.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { installationProblem, neverInstalled } from '../guard.js';
import { observe } from '../pass.js';
import { planWithScreens } from '../plan-with-screens.js';
import { planJson } from '../render/plan-json.js';
import { planText } from '../render/plan-text.js';
import { jsonText } from '../render/json-text.js';
import { fleetWord } from '../typed.js';

export interface PlanOptions {
  readonly json?: true;
  readonly detailedExitcode?: true;
  readonly out?: string;
}

/** The dry run: what `apply` would do now, and why. Changes nothing. */
export async function planCommand(context: Context, options: PlanOptions, asked: Asked): Promise<ExitCode> {
  const { paths, style, print, say } = context;
  if (options.out !== undefined) (await import('../saved-plan.js')).requirePlaceForPlan(paths, options.out);
  const { world, installation } = await observe(context, asked);
  const plan = await planWithScreens(context, planOf(world, noWords, context.now()), world);
  const document = planJson(plan, paths.roster);
  if (options.json === true) print(jsonText(document, 2));
  else
    for (const line of planText(plan, displayPath(paths.roster, paths.userHome), style, fleetWord(context)))
      print(line);
  const problem = installationProblem(context, world.roster, installation);
  if (problem !== null && (plan.actions.length > 0 || !neverInstalled(installation))) {
    say(style.warn(`apply would refuse: ${problem}`));
  }
  if (options.out !== undefined) {
    try {
      writeFileAtomic(options.out, `${JSON.stringify(document)}\n`, 0o600, 'synced', 'expected');
    } catch (error) {
      throw new CommandFailure(ExitCode.error, `cannot write ${options.out}: ${fileProblem(error)}`);
    }
  }
  if (plan.unknownSources.length > 0) return sourceExitCode(plan);
  if (options.detailedExitcode !== true) return ExitCode.done;
  if (plan.actions.length > 0) return ExitCode.changes;
  // Unknown is not unchanged; as `apply` ends.
  return plan.unknownAgents.length > 0 ? ExitCode.actionFailed : ExitCode.done;
}
