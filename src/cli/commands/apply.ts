import type { Plan } from '../../controller/action.js';
import { replacesHolder } from '../../controller/delayed.js';
import { findingsIn } from '../../controller/findings.js';
import type { Words } from '../../controller/gate.js';
import { plan as planOf } from '../../controller/plan.js';
import { restrictTo } from '../../controller/restrict.js';
import { isNothing, voidIn } from '../../controller/void-memory.js';
import { displayPath } from '../../host/paths.js';
import { fileProblem, isSystemError } from '../../host/atomic-file.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import type { Asked } from '../early-look.js';
import { forgetDeparted } from '../departed.js';
import { trueRecords } from '../true-records.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { leftForRunning } from '../first-messages.js';
import { requireInstallation } from '../guard.js';
import { exitCodeOf } from '../outcome.js';
import { observe, type Pass } from '../pass.js';
import { jsonReporter, textReporter, type Reporter } from '../reporter.js';
import { keepInForce } from '../revision-history.js';
import { loadSavedPlan, requireFresh } from '../saved-plan.js';

export interface ApplyOptions {
  readonly json?: true;
  readonly now?: true;
  readonly approve?: readonly string[];
  readonly confirm?: true;
  readonly only?: readonly string[];
  /** Milliseconds. */
  readonly wait?: number;
}

/**
 * Makes the roster true, once. Where nothing can be done now, no lock is taken and nothing written; otherwise the
 * world is observed again under the lock, and what is planned then is what is done. First messages that wait are delivered.
 */
export async function applyCommand(
  context: Context,
  planFile: string | undefined,
  options: ApplyOptions,
  asked: Asked,
): Promise<ExitCode> {
  const reporter = options.json === true ? jsonReporter(context) : textReporter(context);
  try {
    return await applyWith(context, planFile, options, reporter, asked);
  } catch (error) {
    // A program that reads stdout alone must learn of a refusal, too.
    if (error instanceof CommandFailure && options.json === true) reporter.diagnostic(error.message);
    throw error;
  }
}

async function applyWith(
  context: Context,
  planFile: string | undefined,
  options: ApplyOptions,
  reporter: Reporter,
  asked: Asked,
): Promise<ExitCode> {
  const saved = planFile === undefined ? null : loadSavedPlan(planFile);
  const words: Words = {
    now: options.now === true,
    approve: new Set(options.approve),
    confirm: options.confirm === true,
  };
  /** Agents that something is planned for; some may have left the roster. */
  const planned = new Set<string>();
  const planOfAll = ({ world, installation }: Pass): Plan => {
    const whole = planOf(world, words, context.now());
    for (const { agent } of whole.actions) planned.add(agent);
    requireAgents(world.roster, [...(options.approve ?? []), ...(options.only ?? [])], [...planned]);
    requireInstallation(context, world.roster, installation);
    return whole;
  };
  const chosen = (whole: Plan): Plan => {
    if (saved !== null) requireFresh(saved, whole);
    const only = options.only;
    if (only !== undefined && replacesHolder(whole)) {
      throw new CommandFailure(
        ExitCode.usage,
        'the approved replacement of the holder concerns every agent: fleet apply without --only',
      );
    }
    return only === undefined ? whole : restrictTo(whole, only);
  };
  const rosterPath =
    options.json === true ? context.paths.roster : displayPath(context.paths.roster, context.paths.userHome);

  const seen = await observe(context, asked);
  const all = planOfAll(seen);
  // Also where a saved plan is stale: an edit that it was made before has been seen.
  if (!isNothing(voidIn(all, seen.world.observed.memory))) {
    const { forgetVoidAgain } = await import('../void-memory.js');
    await forgetVoidAgain(context, seen, (world) => planOf(world, words, context.now()));
  }
  const first = chosen(all);
  const waiting = leftForRunning(context, seen).filter((agent) => options.only?.includes(agent) ?? true);
  if (!first.actions.some(({ gate }) => gate.kind === 'ready') && !replacesHolder(first)) {
    // In force with nothing to do: seen for the first time, for example, by a fleet that keeps a history.
    // Of some agents alone that cannot be told.
    if (options.only === undefined && first.actions.length === 0 && first.unknownAgents.length === 0)
      keepInForce(context, seen.world.roster);
    await keepShown(context, seen);
    await forgetDeparted(context, seen.world);
    await trueRecords(context, seen.world);
    reporter.planned(first, rosterPath);
    const gated = first.actions.map((action) => ({ kind: 'gated', action }) as const);
    if (options.json === true) for (const result of gated) reporter.event({ type: 'result', result });
    reporter.summary(gated, first);
    if (waiting.length > 0 && !context.interrupted())
      await (await import('../talk/kickstart.js')).deliverKickstarts(context, waiting);
    return exitCodeOf(gated, first);
  }
  // A part of the program that an apply with nothing to do never reads.
  const { applyUnderLock } = await import('../apply-under-lock.js');
  return applyUnderLock(context, {
    ...{ planFor: (pass: Pass) => chosen(planOfAll(pass)), reporter, rosterPath, waiting, words },
    replan: ({ world }) => planOf(world, words, context.now()),
    waitMs: options.wait ?? null,
  });
}

/**
 * Which conversation a running agent has come into, where its human has begun another: by the next look it may be dead. The roster
 * is true whether or not that could be written down.
 */
async function keepShown(context: Context, { world }: Pass): Promise<void> {
  if (findingsIn(world, context.now()).length === 0) return;
  const { keepBetweenPasses } = await import('../keep-conversations.js');
  const problem = await keepBetweenPasses(context, world, new Set()).catch((error: unknown) => {
    if (isSystemError(error)) return `${context.paths.lock}: ${fileProblem(error)}`;
    throw error;
  });
  if (problem !== null) context.say(`conversations could not be put on record: ${problem}`);
}
