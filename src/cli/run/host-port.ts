import type { Plan } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import { isQuiet } from '../../controller/same-world.js';
import type { ApplyEvent } from '../../controller/apply.js';
import type { RosterInForce } from '../../controller/delayed.js';
import type { ReconcilerPort, ReconcilerReport, Sight } from '../../controller/reconciler.js';
import { acquireLock, freeClaim } from '../../host/lock.js';
import type { Context } from '../context.js';
import { carryOut } from '../execute.js';
import { installationProblem } from '../guard.js';
import { nothingSeen } from '../earlier.js';
import { observe, type Pass } from '../pass.js';
import { keepInForce, tookEffect } from '../revision-history.js';
import { askScreens } from '../talk/ask-screens.js';
import { BetweenPasses } from './between-passes.js';
import { LockKeeper } from './lock-keeper.js';

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
  const trouble = (during: string, message: string): void => report.trouble(during, message);
  const between = new BetweenPasses(context, trouble, (ms) => later(ms, wake));
  const keeper = new LockKeeper((message) => trouble('lock', message));
  let isRoster = false;
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
  return {
    roster,
    wake,
    spokenTo,
    report: {
      rosterState: (problem, inForce) => {
        isRoster = problem === null;
        report.rosterState(problem, inForce);
      },
      trouble,
      looked: (seen, plan, working) => {
        report.looked(seen, plan, working);
        earlier.quiet = working.size === 0 && isQuiet(plan);
        if (seen.refusal === null) between.looked({ world: seen.world, plan, working, isRoster });
      },
    },
    observe: async (inForce) => {
      const pass = await observe(context, { roster: inForce, earlier });
      return { ...pass, refusal: installationProblem(context, inForce, pass.installation) };
    },
    lockMark: () => freeClaim(context.paths.lock),
    tryLock: async (mark) => {
      const locked = await acquireLock(context.paths.lock, 'fleet run', 0);
      keeper.tried(locked);
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
