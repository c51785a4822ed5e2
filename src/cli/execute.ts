import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Plan, PlannedAction } from '../controller/action.js';
import { apply, type ActionResult, type ApplyEvent } from '../controller/apply.js';
import { countEnds } from '../controller/backoff.js';
import { noWords, type Words } from '../controller/gate.js';
import { observeMemory } from '../observers/memory.js';
import { acquireLock, whileTurnsPass } from '../host/lock.js';
import { fileProblem } from '../host/atomic-file.js';
import { profileOf } from '../roster/profile.js';
import { fail, ok, type Result } from '../roster/result.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { forgetDepartedUnderLock } from './departed.js';
import { outcomeRecord, type EventRecord } from './event-record.js';
import { CommandFailure, ExitCode } from './exit-code.js';
import { hostActuators, memoryStore } from './host-actuators.js';
import { awaitShown, keepFindings } from './keep-conversations.js';
import { launchPlaces } from './launch-places.js';
import { lookAgain, observe, type Pass } from './pass.js';
import { planWithScreens } from './plan-with-screens.js';
import { keepInForce, tookEffect } from './revision-history.js';
import { loadRoster } from './roster-source.js';
import { leaveKickstartOf } from './talk/kickstart.js';
import { runtimeResets } from './talk/runtime-resets.js';

/** How long a command waits for another one that is at work. */
const lockMs = 10_000;
/** How long it waits in all, where one after another is at work: many may be begun at once, for an agent each. */
const queueMs = 60_000;

/**
 * @param already what has been done before the lock was asked for, in words
 * @throws CommandFailure 5 where another fleet command keeps the lock, 130 where the waiting for it was interrupted
 */
export async function withLock<Value>(
  context: Context,
  purpose: string,
  work: () => Promise<Value>,
  already = 'nothing was done',
): Promise<Value> {
  const { paths, interrupted } = context;
  const since = performance.now();
  const turnsPass = whileTurnsPass(lockMs);
  // Asked only while another has it. A signal must not end this untold: something may have been done already.
  let listens = false;
  const isOver = (claim: number): boolean => {
    if (!listens) context.onInterrupt(() => undefined);
    listens = true;
    return interrupted() || !turnsPass(claim);
  };
  const locked = await acquireLock(paths.lock, purpose, queueMs, { isOver }).catch((error: unknown) => {
    throw new CommandFailure(ExitCode.error, `cannot take the lock ${paths.lock}: ${fileProblem(error)}`);
  });
  if (locked.kind === 'held') {
    const { pid, purpose: other } = locked.owner;
    const owner = `${other} (pid ${pid})`;
    if (interrupted())
      throw new CommandFailure(ExitCode.interrupted, `interrupted while ${owner} had the lock; ${already}`);
    const late = performance.now() - since >= queueMs;
    const what = late
      ? `others have held the lock for ${queueMs / 1000}s, the last of them ${owner}`
      : `${owner} has held the lock for ${lockMs / 1000}s`;
    throw new CommandFailure(ExitCode.timeout, `${what}; ${already}. Try again when it has ended`);
  }
  try {
    return await work();
  } finally {
    locked.lock.release();
  }
}

export interface Circumstances {
  /** Where the server is, if not on the roster's socket. */
  readonly socketName?: string;
  /** What the operator said with the plan; with `--now` no screen is asked any more. */
  readonly words?: Words;
  /** For who knows it without reading the file. */
  readonly rosterInForce?: () => Roster | null;
}

/** The same as {@link carryOut} for who holds the lock to the end: until then nobody has put another roster in force. */
export async function carryOutAlone(
  ...[context, plan, pass, ...rest]: Parameters<typeof carryOut>
): Promise<readonly ActionResult[]> {
  const results = await carryOut(context, plan, pass, ...rest);
  if (tookEffect(results)) keepInForce(context, pass.world.roster);
  await forgetDepartedUnderLock(context, pass.world);
  return results;
}

/**
 * Walks a plan on the real host. The caller holds the lock, at least until everything is in systemd's hands, and has just
 * observed `pass`.
 *
 * @param replan makes the same plan of what is the case later, for actions that had to wait their turn
 */
export async function carryOut(
  context: Context,
  plan: Plan,
  pass: Pass,
  replan: (pass: Pass) => Plan,
  report: (event: ApplyEvent) => void,
  circumstances: Circumstances = {},
): Promise<readonly ActionResult[]> {
  const { roster } = pass.world;
  const { socketName = roster.socketName, words = noWords } = circumstances;
  await rememberEnds(context, pass);
  const records: EventRecord[] = [];
  const stopped = new AbortController();
  const forget = context.onInterrupt(() => stopped.abort());
  const port = {
    actuators: hostActuators(context, socketName),
    places: launchPlaces(context, roster),
    newId: () => randomUUID(),
    resets: runtimeResets(context, pass.world),
    leaveFirstMessage: (action: PlannedAction) => leaveKickstartOf(context, action, pass),
    observe: () => lookAgain(context, pass, socketName),
    planAgain: async () => {
      const now = await rosterThen(context, circumstances);
      if (!now.ok) return now;
      const later = await observe(context, {
        ...{ roster: now.value, socketName, endsAsked: pass.endsAsked },
      });
      const plan = replan(later);
      return ok(words.now ? plan : await planWithScreens(context, plan, later.world, 'gates'));
    },
    report: (event: ApplyEvent) => {
      const record = outcomeRecord(context.now(), event);
      if (record !== null) records.push(record);
      report(event);
    },
    monotonic: () => performance.now(),
    pause: (ms: number) => delay(ms, undefined, { signal: stopped.signal }).catch(() => undefined),
    interrupted: context.interrupted,
  };
  try {
    const unkept = keepFindings(context, pass.world);
    if (unkept !== null) context.say(`conversations could not be put on record: ${unkept}`);
    const results = await apply(plan, pass.world, port, context.now());
    const learnt = launched(results, pass);
    if (learnt.size > 0) await awaitShown(context, pass, learnt);
    return results;
  } finally {
    forget();
    context.record(records);
  }
}

/** The roster by which the rest is planned. What has been done by then is told all the same. */
async function rosterThen(
  context: Context,
  { rosterInForce }: Circumstances,
): Promise<Result<Roster, string>> {
  const inForce = rosterInForce?.() ?? null;
  if (inForce !== null) return ok(inForce);
  try {
    return ok(await loadRoster(context));
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const [first = ''] = error.message.split('\n');
    return fail(`the roster cannot be used any more: ${first}`);
  }
}

/** Agents whose conversation may have to be read from their process. */
const launched = (results: readonly ActionResult[], { world }: Pass): ReadonlySet<string> =>
  new Set(
    results.flatMap(({ kind, action: { agent, conversation } }) => {
      const spec = world.desired.get(agent)?.spec;
      const learns = spec !== undefined && profileOf(spec).conversation?.identity === 'learnt';
      return learns && kind === 'done' && conversation.next.kind !== 'plain' ? [agent] : [];
    }),
  );

/** A start that is tried now must be known as a retry to whoever sees it fail. Losing the count only costs patience. */
async function rememberEnds(context: Context, { world }: Pass): Promise<void> {
  const { memory, ends } = world.observed;
  if (!memory.known || ends.size === 0) return;
  const stored = observeMemory(context.paths.state);
  if (!stored.known || countEnds(stored.value.failures, ends, world.desired) === stored.value.failures)
    return;
  await memoryStore(context).changeFailures((failures) => countEnds(failures, ends, world.desired));
}
