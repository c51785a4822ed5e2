import type { Plan } from '../controller/action.js';
import type { Context } from './context.js';
import { carryOutAlone, type Circumstances } from './execute.js';
import type { ExitCode } from './exit-code.js';
import { exitCodeOf } from './outcome.js';
import type { Pass } from './pass.js';
import type { Reporter } from './reporter.js';

/** Carries a plan out that the operator has been shown, and tells what came of it. The caller holds the lock. */
export async function carryOutTold(
  context: Context,
  reporter: Reporter,
  plan: Plan,
  pass: Pass,
  replan: (pass: Pass) => Plan,
  circumstances: Circumstances = {},
): Promise<ExitCode> {
  const report = reporter.event.bind(reporter);
  const results = await carryOutAlone(context, plan, pass, replan, report, circumstances);
  reporter.summary(results, plan);
  return exitCodeOf(results, plan);
}
