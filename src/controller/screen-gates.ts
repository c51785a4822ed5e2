import { isDisruptive, type Gate, type Plan, type PlannedAction } from './action.js';
import type { World } from './assess.js';
import { summarize } from './summary.js';

/** Why a screen forbids a restart or reset now. */
export interface ScreenBarrier {
  readonly message: string;
  /** It shows a turn in progress, or a dialog, in which one stands still. */
  readonly turn: boolean;
}

/**
 * Agents whose screens forbid a reset or a restart (a dialog, a draft, a turn in progress) now, and why. One look for all of them.
 * What cannot be told forbids as well.
 */
export type AskScreens = (actions: readonly PlannedAction[]) => Promise<ReadonlyMap<string, ScreenBarrier>>;

/**
 * Actions that depend on what a screen shows: a turn may go on without any output, for longer than `idle_after`, and a dialog
 * prints nothing. `immediate` waits for no screen, nor does a word like `restart`. Who lives on a server that is replaced on the
 * operator's word ends with it.
 */
export function dependOnScreens({ actions, holder }: Plan, { desired }: World): readonly PlannedAction[] {
  const replaced = holder?.gate.kind === 'ready';
  return actions.filter(
    ({ action, agent, gate, live, reasons }) =>
      (action === 'reset' || (action === 'restart' && !replaced)) &&
      gate.kind === 'ready' &&
      live !== null &&
      desired.get(agent)?.spec.disruption !== 'immediate' &&
      !reasons.some(({ code }) => code === 'OperatorWord'),
  );
}

/**
 * Actions that no screen keeps from being done at once, and of which it tells what they cost: the operator's own word, a stop, a
 * removal, what `immediate` or `--now` lets through.
 */
export const pricedByScreens = (
  { actions }: Plan,
  { desired, observed }: World,
  gated: readonly PlannedAction[],
): readonly PlannedAction[] =>
  actions.filter(
    (planned) =>
      isDisruptive(planned.action) &&
      planned.gate.kind === 'ready' &&
      planned.live?.busy === false &&
      planned.cost.kind === 'keeps-conversation' &&
      // Of one that has left the roster its record tells how its runtime looks.
      (desired.has(planned.agent) || observed.files.get(planned.agent)?.applied != null) &&
      !gated.includes(planned),
  );

/** The plan with what the screens forbid deferred. Asks nothing where nothing depends on it. */
export const gatedByScreens = (plan: Plan, world: World, ask: AskScreens): Promise<Plan> =>
  toldByScreens(plan, dependOnScreens(plan, world), [], ask);

/** @param gated is deferred where a screen forbids it; `priced` is done all the same, and its cost told */
export async function toldByScreens(
  plan: Plan,
  gated: readonly PlannedAction[],
  priced: readonly PlannedAction[],
  ask: AskScreens,
): Promise<Plan> {
  if (gated.length + priced.length === 0) return plan;
  const barriers = await ask([...gated, ...priced]);
  const actions = plan.actions.map((action) => {
    const barrier = barriers.get(action.agent);
    if (barrier === undefined) return action;
    if (gated.includes(action)) return { ...priceOf(action, barrier), gate: gateBy(barrier) };
    return priced.includes(action) ? priceOf(action, barrier) : action;
  });
  return { ...plan, actions, summary: summarize(actions, plan.unknownAgents, plan.summary.unchanged) };
}

const gateBy = ({ message }: ScreenBarrier): Gate => ({ kind: 'deferred', why: 'screen', message });

/** Who is at work without a word is as busy, and would lose as much, as who prints. */
function priceOf(action: PlannedAction, { turn }: ScreenBarrier): PlannedAction {
  if (!turn || action.live === null) return action;
  const kept = action.cost.kind === 'keeps-conversation';
  return {
    ...action,
    live: { ...action.live, busy: true },
    cost: kept ? { kind: 'loses-turn' } : action.cost,
  };
}
