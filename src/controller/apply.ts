import type { ActionKind, Plan, PlannedAction } from './action.js';
import {
  rememberBrake,
  settle,
  useUpDisruptions,
  useUpFleetApproval,
  writeLimits,
  writeMaterial,
} from './apply-steps.js';
import { endAll, replaceHolder } from './apply-holder.js';
import {
  gone,
  readBack,
  resultOf,
  withdrawnResult,
  type ActionResult,
  type ResetManner,
} from './apply-result.js';
import type { World } from './assess.js';
import { holderRuns, longestGrace, outliving, resolvedOf, unitRuns } from './lookup.js';
import type { LaunchPlaces } from './launch.js';
import type { Actuators, Outcome, SessionMarks } from './port.js';
import { resetInRuntimes, type RuntimeResets } from './reset.js';
import type { Situation } from './situation.js';
import { isStillDue, mayGoOn, withdrawalOf, type Withdrawal } from './still-due.js';
import type { Result } from '../roster/result.js';

export type { ActionResult } from './apply-result.js';

export type ApplyEvent =
  | { readonly type: 'start'; readonly action: PlannedAction }
  | { readonly type: 'result'; readonly result: ActionResult }
  /** The holder was replaced, or was not, and why. */
  | { readonly type: 'holder'; readonly failure: Outcome };

export interface ApplyPort {
  readonly actuators: Actuators;
  readonly places: LaunchPlaces;
  /** A UUID that nobody else has. */
  readonly newId: () => string;
  /** How agents are reset in their runtimes; without it every reset ends the process. */
  readonly resets?: RuntimeResets;
  /** Leaves what an agent is told first, right before it is started, restarted or reset; one that cannot be is not. */
  readonly leaveFirstMessage?: (action: PlannedAction) => Outcome;
  /** Observes the world again after the work, with the same roster. */
  readonly observe: () => Promise<World>;
  readonly report: (event: ApplyEvent) => void;
  /** Observes and plans again, for actions that had to wait their turn. Fails where there is nothing to plan by any more. */
  readonly planAgain: () => Promise<Result<Plan, string>>;
  /** A clock that no one sets, milliseconds. */
  readonly monotonic: () => number;
  /** Waits between starts, in milliseconds; resolves early once `interrupted`. */
  readonly pause: (ms: number) => Promise<void>;
  /** True once the operator asked to stop: the step under way is finished, no other begun. */
  readonly interrupted: () => boolean;
}

/** What took longer may have been overtaken: the controller gives the lock back while slow actions go on. */
const slowMs = 500;

/**
 * Walks a plan: files before units, stops before starts, the holder before agents, one process per verb. What came of
 * it is read back from the host, never taken from an exit code. May be interrupted anywhere: the next pass heals.
 *
 * @param now epoch milliseconds
 */
export async function apply(
  plan: Plan,
  world: World,
  port: ApplyPort,
  now: number,
): Promise<readonly ActionResult[]> {
  const { actuators, report } = port;
  let lookedAt = port.monotonic();
  const ready = plan.actions.filter(({ gate }) => gate.kind === 'ready');
  const failures = new Map<string, string>();
  const begun = new Set<string>();
  /** Ready when they were planned, and not any more when their turn came. */
  const withdrawn = new Map<string, Withdrawal>();
  const manners = new Map<string, ResetManner>();
  /** Ended for the sake of the holder: whatever became of it, they are started again, if by another plan later on. */
  const moved = new Set<string>();

  const of = (...kinds: readonly ActionKind[]): readonly PlannedAction[] =>
    ready.filter(
      ({ action, agent }) => kinds.includes(action) && !failures.has(agent) && !withdrawn.has(agent),
    );
  const askAgain = async (actions: readonly PlannedAction[], isRight = isStillDue): Promise<void> => {
    if (actions.length === 0 || port.interrupted()) return;
    lookedAt = port.monotonic();
    const later = await port.planAgain();
    if (!later.ok) {
      fail(
        actions.filter(({ agent }) => !moved.has(agent)),
        later.failure,
      );
      return;
    }
    const again = new Map(later.value.actions.map((action) => [action.agent, action]));
    for (const action of actions) {
      const due = again.get(action.agent) ?? null;
      const why = withdrawalOf(action, later.value);
      // Of whom nothing can be told now is not left down for that: it ran, and nobody has said that it is not to.
      const isStart =
        due === null ? why.kind === 'unknown' : due.action === 'start' && due.gate.kind === 'ready';
      const comesBack = isStart && moved.has(action.agent);
      if (!comesBack && !isRight(action, due)) withdrawn.set(action.agent, why);
    }
  };
  const fail = (actions: readonly PlannedAction[], outcome: Outcome): void => {
    if (outcome !== null) for (const { agent } of actions) failures.set(agent, outcome);
  };
  const step = async (
    planned: readonly PlannedAction[],
    work: (able: readonly PlannedAction[]) => Promise<Outcome>,
  ): Promise<void> => {
    if (planned.length === 0 || port.interrupted()) return;
    for (const action of planned) fail([action], port.leaveFirstMessage?.(action) ?? null);
    const actions = planned.filter(({ agent }) => !failures.has(agent));
    if (actions.length === 0) return;
    // Used up one step at a time: an approval must outlive an apply that is cut short before its turn.
    const refused = await useUpDisruptions(actions, world, actuators, now);
    if (refused !== null) {
      fail(actions, refused);
      return;
    }
    for (const action of actions) {
      begun.add(action.agent);
      report({ type: 'start', action });
    }
    fail(actions, await work(actions));
  };

  if (ready.length > 0) fail(ready, await rememberBrake(plan, world, actuators));
  const spacing = world.roster.startSpacingMs;
  const freely = !holderRuns(world) && spacing === 0;
  const nothingEnds = of('stop', 'restart', 'reset').length === 0 && plan.holder?.gate.kind !== 'ready';
  if (freely && nothingEnds && of('start').length > 0) actuators.hastenHolder();
  // An update too: the stop script reads stop_grace from the launch record.
  for (const action of of('start', 'restart', 'reset', 'update')) {
    fail([action], writeMaterial(action, world, port, now));
  }
  await writeLimits(of('update', 'stop', 'start', 'restart', 'reset'), world, actuators, fail);

  await step(of('adopt'), () => actuators.adopt(adoptions(of('adopt'), world)));
  // Settings are read from the roster at every pass; what lives elsewhere (limits, stop_grace) is written above.
  await step(of('update'), () => Promise.resolve(null));

  const stops = of('stop');
  const units = stops.filter(unitRuns(world));
  const others = stops.filter((stop) => !unitRuns(world)(stop));
  const endSessions = async (actions: readonly PlannedAction[]): Promise<Outcome> => {
    const targets = outliving(actions, world);
    return targets.length === 0 ? null : actuators.killSessions(targets);
  };
  await step(units, async () => {
    const stopped = await actuators.stopUnits(names(units), longestGrace(names(units), world));
    return (await endSessions(units)) ?? stopped;
  });
  await step(others, () => endSessions(others));

  // A slow stop may have taken minutes.
  if (stops.length > 0) await askAgain(of('restart', 'reset', 'start'));
  if (plan.holder?.gate.kind === 'ready' && !port.interrupted()) {
    const onServer = ready.filter(({ action, live }) => live !== null && action === 'restart');
    // Who cannot be started again is not stopped, and then the server is not free.
    let ended = onServer.map(({ agent }) => failures.get(agent) ?? null).find((one) => one !== null) ?? null;
    if (ended === null) {
      await step(onServer, async (able) => {
        if (able.length < onServer.length) return 'not every agent on the server can be started again';
        ended = await endAll(onServer, world, port);
        // Whatever became of it, they are started again.
        return null;
      });
      ended ??= onServer.map(({ agent }) => failures.get(agent) ?? null).find((one) => one !== null) ?? null;
      for (const { agent } of onServer) moved.add(agent);
    } else fail(onServer, ended);
    report({ type: 'holder', failure: await replaceHolder(plan.holder, ended, port) });
  }
  // So may the files of a large fleet, on a busy disk.
  if (port.monotonic() - lookedAt > slowMs) await askAgain(of('restart', 'reset', 'start'));
  const launched = of('restart', 'reset', 'start');
  const starts = of('start');
  const together = freely && starts.length === launched.length && moved.size === 0;
  if (together) {
    await step(starts, async (able) => {
      const { holder, units } = await actuators.startHolderAndUnits(names(able));
      if (holder !== null) for (const { agent } of able) begun.delete(agent);
      return holder ?? units;
    });
  } else if (launched.length > 0 && !port.interrupted() && !holderRuns(world)) {
    fail(launched, await actuators.startHolder());
    if (port.monotonic() - lookedAt > slowMs) await askAgain(of('restart', 'reset', 'start'));
  }
  // The name of a session that outlives its unit would be taken.
  const restartUnits = async (batch: readonly PlannedAction[]): Promise<Outcome> =>
    (await endSessions(batch)) ?? actuators.restartUnits(names(batch), longestGrace(names(batch), world));
  const isReset = (agent: string): boolean => manners.get(agent)?.in === 'runtime';
  const resetOrRestart = async (batch: readonly PlannedAction[]): Promise<Outcome> => {
    const resets = batch.filter(({ action, live }) => action === 'reset' && live !== null);
    const outcomes = port.resets === undefined ? null : await resetInRuntimes(resets, world, port.resets);
    for (const { agent } of resets) {
      const because = outcomes === null ? 'nothing was tried in its runtime' : (outcomes.get(agent) ?? null);
      manners.set(agent, because === null ? { in: 'runtime' } : { in: 'process', because });
    }
    // To have tried may have taken long.
    if (outcomes !== null)
      await askAgain(
        resets.filter(({ agent }) => !isReset(agent)),
        mayGoOn,
      );
    const ended = batch.filter(
      ({ agent }) => !isReset(agent) && !withdrawn.has(agent) && !failures.has(agent),
    );
    return ended.length === 0 ? null : restartUnits(ended);
  };
  const launch = async (batch: readonly PlannedAction[], verb: 'start' | 'restart'): Promise<void> => {
    const again = batch.filter(({ agent }) => moved.has(agent));
    if (again.length > 0 && !port.interrupted()) fail(again, await actuators.startUnits(names(again)));
    await launchOthers(
      batch.filter(({ agent }) => !moved.has(agent)),
      verb,
    );
  };
  const launchOthers = async (batch: readonly PlannedAction[], verb: 'start' | 'restart'): Promise<void> =>
    step(batch, (able) => (verb === 'start' ? actuators.startUnits(names(able)) : resetOrRestart(able)));
  if (together) {
    // Done.
  } else if (spacing === 0) {
    await launch(of('restart', 'reset'), 'restart');
    await launch(of('start'), 'start');
  } else {
    for (const [index, action] of [...of('restart', 'reset'), ...of('start')].entries()) {
      if (index > 0) {
        await port.pause(spacing);
        await askAgain([action]);
      }
      if (withdrawn.has(action.agent) || failures.has(action.agent)) continue;
      await launch([action], action.action === 'start' ? 'start' : 'restart');
    }
  }

  await useUpFleetApproval(plan, begun, world, actuators, now);
  // Of whom it is on record already how it is started next.
  const replaced = new Set(
    names(ready.filter(({ action, live }) => live !== null && (action === 'restart' || action === 'reset'))),
  );
  const asked = new Set([...begun, ...replaced]);
  const situations = asked.size === 0 ? new Map<string, Situation>() : await readBack(asked, port);
  return plan.actions.map((action) => {
    const situation = begun.has(action.agent) ? (situations.get(action.agent) ?? gone) : null;
    const goesOn = replaced.has(action.agent) && isSame(action, situations.get(action.agent));
    // A failure costs little: whoever looks finds by its session in which one it is.
    if (goesOn && manners.get(action.agent)?.in !== 'runtime') actuators.takeBack(action.agent);
    const withdrawal = withdrawn.get(action.agent);
    if (withdrawal !== undefined) {
      const result = withdrawnResult(action, withdrawal);
      report({ type: 'result', result });
      return result;
    }
    const how = manners.get(action.agent);
    const failure = failures.get(action.agent) ?? null;
    const result = resultOf(action, situation, failure, how, { actuators, startedAt: now });
    if (result.kind === 'done') settle(action, world, actuators, how?.in === 'runtime');
    report({ type: 'result', result });
    return result;
  });
}

/** Its process is the one that it had before. */
const isSame = ({ live }: PlannedAction, situation: Situation | undefined): boolean =>
  situation?.kind === 'live' && situation.pane.pid === live?.pid;

function adoptions(actions: readonly PlannedAction[], world: World): readonly SessionMarks[] {
  return actions.flatMap(({ agent, target, live }) => {
    const desired = resolvedOf(world, agent);
    return desired === null || target?.pane == null || live === null
      ? []
      : [
          {
            agent,
            session: target.session,
            pane: target.pane,
            pid: live.pid,
            spec: desired.specHash,
            context: desired.contextHash,
          },
        ];
  });
}

const names = (actions: readonly PlannedAction[]): readonly string[] => actions.map(({ agent }) => agent);
