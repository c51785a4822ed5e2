import type { Plan } from '../controller/action.js';
import type { ApplyEvent } from '../controller/apply.js';
import type { Words } from '../controller/gate.js';
import type { Context } from './context.js';
import { carryOutAlone, withLock } from './execute.js';
import { ExitCode } from './exit-code.js';
import { exitCodeOf } from './outcome.js';
import { observe, type Pass } from './pass.js';
import { planWithScreens } from './plan-with-screens.js';
import type { Reporter } from './reporter.js';
import { deliverKickstarts } from './talk/kickstart.js';
import { waitUntilUp, type NotUp } from './wait-until-up.js';

export interface Work {
  /** The plan of what is the case now, restricted to what was asked for. */
  readonly planFor: (pass: Pass) => Plan;
  /** The whole plan of what is the case later. */
  readonly replan: (pass: Pass) => Plan;
  readonly reporter: Reporter;
  /** As shown. */
  readonly rosterPath: string;
  /** With `--now` no screen keeps anything waiting; what it costs is told. */
  readonly words: Words;
  /** Agents whose first message may have been left by a command that was cut short. */
  readonly waiting: readonly string[];
  /** How long to wait until what was started stays up; null: not at all. */
  readonly waitMs: number | null;
}

/** Observes the world again under the lock, and does what is planned then. */
export async function applyUnderLock(context: Context, work: Work): Promise<ExitCode> {
  const { reporter, waitMs } = work;
  const { code, results, plan, roster } = await withLock(context, 'fleet apply', async () => {
    const pass = await observe(context);
    const planned = work.planFor(pass);
    const about = work.words.now ? 'costs' : 'all';
    const plan = await planWithScreens(context, planned, pass.world, about);
    const holder = { failed: false };
    reporter.planned(plan, work.rosterPath);
    const report = (event: ApplyEvent): void => {
      if (event.type === 'holder') holder.failed = event.failure !== null;
      reporter.event(event);
    };
    const results = await carryOutAlone(context, plan, pass, work.replan, report, { words: work.words });
    const code = exitCodeOf(results, plan);
    return {
      code: holder.failed && code === ExitCode.done ? ExitCode.actionFailed : code,
      ...{ results, plan, roster: pass.world.roster },
    };
  });
  const launched = results.flatMap(({ kind, action }) =>
    kind === 'done' && action.action !== 'stop' ? [action.agent] : [],
  );
  let notUp: NotUp | null = null;
  // Whatever comes now: what was done is counted, and that is the last word.
  try {
    if (!context.interrupted())
      await deliverKickstarts(context, [...new Set([...launched, ...work.waiting])]);
    if (waitMs !== null && launched.length > 0) notUp = await waitUntilUp(context, roster, launched, waitMs);
    if (notUp !== null) reporter.notUp(notUp);
  } finally {
    // Of a waiting that was interrupted nothing is known.
    reporter.summary(results, plan, notUp?.code === ExitCode.interrupted ? 0 : notUp?.agents.length);
  }
  return notUp?.code ?? code;
}
