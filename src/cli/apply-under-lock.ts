import { isDeepStrictEqual } from 'node:util';
import type { Plan } from '../controller/action.js';
import type { Observed } from '../controller/observed.js';
import { observeMemory } from '../observers/memory.js';
import type { Context } from './context.js';
import { carryOut, withLock } from './execute.js';
import { ExitCode } from './exit-code.js';
import { exitCodeOf } from './outcome.js';
import { observe, type Pass } from './pass.js';
import type { Reporter } from './reporter.js';
import { deliverKickstarts } from './talk/kickstart.js';
import { waitUntilUp } from './wait-until-up.js';

export interface Work {
  /** The plan of what is the case now, restricted to what was asked for. */
  readonly planFor: (pass: Pass) => Plan;
  /** The whole plan of what is the case later. */
  readonly replan: (pass: Pass) => Plan;
  readonly reporter: Reporter;
  /** As shown. */
  readonly rosterPath: string;
  /** How long to wait until what was started stays up; null: not at all. */
  readonly waitMs: number | null;
}

/** What was seen before the lock was asked for. */
export interface Seen {
  readonly pass: Pass;
  readonly plan: Plan;
  /** As these were before: a look is as good as one under the lock where nobody had it, or said a word, since. */
  readonly lastClaim: number | null;
  readonly memory: Observed['memory'];
}

/**
 * Does what is planned of the world as it is under the lock. It is observed again, unless no fleet command can have
 * changed it since it was seen.
 */
export async function applyUnderLock(context: Context, seen: Seen, work: Work): Promise<ExitCode> {
  const { reporter, waitMs } = work;
  const { code, results } = await withLock(context, 'fleet apply', async ({ claim }) => {
    const untouched =
      seen.lastClaim !== null &&
      claim === seen.lastClaim + 1 &&
      isDeepStrictEqual(seen.memory, observeMemory(context.paths.state));
    const pass = untouched ? seen.pass : await observe(context);
    const plan = untouched ? seen.plan : work.planFor(pass);
    const holder = { failed: false };
    reporter.planned(plan, work.rosterPath);
    const results = await carryOut(context, plan, pass, work.replan, (event) => {
      if (event.type === 'holder') holder.failed = event.failure !== null;
      reporter.event(event);
    });
    reporter.summary(results, plan);
    const code = exitCodeOf(results, plan);
    return { code: holder.failed && code === ExitCode.done ? ExitCode.actionFailed : code, results };
  });
  const launched = results.flatMap(({ kind, action }) =>
    kind === 'done' && action.action !== 'stop' ? [action.agent] : [],
  );
  if (!context.interrupted()) await deliverKickstarts(context, launched);
  if (waitMs === null || launched.length === 0 || context.interrupted()) return code;
  return waitUntilUp(context, launched, waitMs, code, (message) => reporter.diagnostic(message));
}
