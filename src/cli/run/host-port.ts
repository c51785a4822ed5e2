import type { Plan } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import { isReady } from '../../controller/delayed.js';
import { VoidTwice, voidIn } from '../../controller/void-memory.js';
import { LongRuns, withCleanSlate } from '../../controller/clean-slate.js';
import { isQuiet } from '../../controller/same-world.js';
import type { ApplyEvent } from '../../controller/apply.js';
import type { ReconcilerPort, ReconcilerReport, RosterInForce, Sight } from '../../controller/reconciler.js';
import { acquireLock, freeClaim, type LockResult } from '../../host/lock.js';
import type { Context } from '../context.js';
import { carryOut } from '../execute.js';
import { memoryStore } from '../host-actuators.js';
import { forgetDeparted } from '../departed.js';
import { trueRecords } from '../true-records.js';
import { installationProblem } from '../guard.js';
import { nothingSeen } from '../earlier.js';
import { observe, type Pass } from '../pass.js';
import { keepInForce, tookEffect } from '../revision-history.js';
import { askScreens } from '../talk/ask-screens.js';
import { forgetVoid } from '../void-memory.js';
import { keepBetweenPasses } from '../keep-conversations.js';
import type { Roster } from '../../roster/types.js';

/** Commands wait for each other so long; who has the lock for longer is told of. Milliseconds. */
const holderMs = 10_000;

export type HostSight = Sight & Pass;

export interface HostPortParts {
  readonly roster: () => RosterInForce;
  readonly report: ReconcilerReport & { readonly event: (event: ApplyEvent) => void };
  readonly wake: () => void;
  readonly spokenTo: () => ReadonlySet<string>;
}

/** The real host behind the reconciler's port. */
export function hostPort(
  context: Context,
  { roster, report, wake, spokenTo }: HostPortParts,
): ReconcilerPort<HostSight> {
  const earlier = nothingSeen(context);
  const failed =
    (during: string) =>
    (error: unknown): void =>
      report.trouble(during, error instanceof Error ? error.message : String(error));
  let known: Roster | null = null;
  /** A roster that asks for nothing is in force as it is; the same one is looked up once. */
  const keepWhereNothingIsDue = ({ world }: Sight, plan: Plan, working: ReadonlySet<string>): void => {
    if (known === world.roster || working.size + plan.actions.length + plan.unknownAgents.length > 0) return;
    known = world.roster;
    keepInForce(context, world.roster);
  };
  let forgotten: Roster | null = null;
  /** Once for each roster, where nothing is being done: what was seen before some work may be long over when that ends. */
  const forgetOnce = ({ world }: Sight, plan: Plan, working: ReadonlySet<string>): void => {
    const due = plan.actions.some(isReady) || plan.unknownSources.length > 0;
    if (forgotten === world.roster || working.size > 0 || due) return;
    forgotten = world.roster;
    forgetDeparted(context, world)
      .then(() => trueRecords(context, world))
      .catch(failed('records of agents'));
  };
  let holder: { readonly pid: number; readonly since: number; told: boolean } | null = null;
  /** Once for each that keeps it. A command that was stopped (Ctrl-Z) keeps every agent as it is, dead ones too. */
  const tellOfHolder = (locked: LockResult): void => {
    if (locked.kind === 'acquired') {
      holder = null;
      return;
    }
    const { pid, purpose } = locked.owner;
    if (holder?.pid !== pid) holder = { pid, since: performance.now(), told: false };
    if (holder.told || performance.now() - holder.since < holderMs) return;
    holder.told = true;
    const what = `${purpose} (pid ${pid}) has kept the lock for ${holderMs / 1000}s`;
    report.trouble(
      'lock',
      `${what}; nothing is done before it ends. Where it was stopped: kill -CONT ${pid}`,
    );
  };
  let begun = 0;
  let kept = 0;
  /** Slow work may end after that of a later roster: it does not put the earlier one in force again. */
  const carryOutAndKeep = async (...[plan, seen, replan]: Parameters<typeof carryOutHere>) => {
    begun += 1;
    const turn = begun;
    const results = await carryOutHere(plan, seen, replan);
    if (turn < kept || !tookEffect(results)) return;
    kept = turn;
    keepInForce(context, seen.world.roster);
  };
  const carryOutHere = (plan: Plan, seen: HostSight, replan: (world: World) => Plan) =>
    carryOut(
      context,
      plan,
      seen,
      ({ world }) => replan(world),
      (event) => report.event(event),
      { rosterInForce: () => roster().roster },
    );
  /** Whoever acts does so by himself; here only where nothing is due. */
  const keepConversations = ({ world }: Sight, plan: Plan, working: ReadonlySet<string>): void => {
    if (plan.actions.some(({ gate }) => gate.kind === 'ready')) return;
    keepBetweenPasses(context, world, working).then((problem) => {
      if (problem !== null) report.trouble('conversations', problem);
    }, failed('conversations'));
  };
  /** What has run for long enough has nothing against it any more. */
  const runs = new LongRuns();
  const clearSlates = ({ world }: Sight): void => {
    const agents = runs.look(world, performance.now());
    if (agents.size === 0) return;
    memoryStore(context)
      .changeFailures((failures) => withCleanSlate(failures, agents))
      .then((problem) => {
        if (problem !== null) report.trouble('failures', problem);
      }, failed('failures'));
  };
  const voidTwice = new VoidTwice();
  /** Where the file is no roster, what is meant by it is not known. */
  let isRoster = false;
  const dropVoid = ({ world }: Sight, plan: Plan, working: ReadonlySet<string>): void => {
    if (!isRoster || working.size > 0) return;
    forgetVoid(context, world, voidTwice.look(voidIn(plan, world.observed.memory))).then((problem) => {
      if (problem !== null) report.trouble('approvals', problem);
    }, failed('approvals'));
  };
  return {
    roster,
    wake,
    spokenTo,
    report: {
      rosterState: (problem, inForce) => {
        isRoster = problem === null;
        report.rosterState(problem, inForce);
      },
      trouble: (during, message) => report.trouble(during, message),
      looked: (seen, plan, working) => {
        report.looked(seen, plan, working);
        earlier.quiet = working.size === 0 && isQuiet(plan);
        if (seen.refusal !== null) return;
        keepWhereNothingIsDue(seen, plan, working);
        forgetOnce(seen, plan, working);
        keepConversations(seen, plan, working);
        clearSlates(seen);
        dropVoid(seen, plan, working);
      },
    },
    observe: async (inForce) => {
      const pass = await observe(context, { roster: inForce, earlier });
      return { ...pass, refusal: installationProblem(context, inForce, pass.installation) };
    },
    lockMark: () => freeClaim(context.paths.lock),
    tryLock: async (mark) => {
      const locked = await acquireLock(context.paths.lock, 'fleet run', 0);
      tellOfHolder(locked);
      if (locked.kind === 'held') return null;
      return { release: () => locked.lock.release(), undisturbed: locked.claim - 1 === mark };
    },
    askScreens: (world) => askScreens(context, world),
    carryOut: carryOutAndKeep,
    now: context.now,
    monotonic: () => performance.now(),
    after: later,
  };
}

/** Calls back once after so many milliseconds; the returned function cancels. */
export function later(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
