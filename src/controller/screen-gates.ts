import type { Plan, PlannedAction } from './action.js';
import type { World } from './assess.js';
import { summarize } from './summary.js';

/** Why a screen forbids a restart or reset now. */
export interface ScreenBarrier {
  readonly message: string;
  /** It shows a turn in progress, or a dialog, in which one stands still. */
  readonly turn: boolean;
}

/**
 * Agents whose screens forbid a reset (a dialog, a draft, a turn in progress) or a restart (a dialog, a turn) now, and why. One
 * look for all of them. What cannot be told forbids as well.
 */
export type AskScreens = (actions: readonly PlannedAction[]) => Promise<ReadonlyMap<string, ScreenBarrier>>;

/**
 * Actions that depend on what a screen shows: a turn may go on without any output, for longer than `idle_after`, and a dialog
 * prints nothing. `immediate` asks no screen, nor does a word like `restart`. Who lives on a server that is replaced on the
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

/** The plan with what the screens forbid deferred. Asks nothing where nothing depends on it. */
export async function gatedByScreens(plan: Plan, world: World, ask: AskScreens): Promise<Plan> {
  const asked = dependOnScreens(plan, world);
  if (asked.length === 0) return plan;
  const barriers = await ask(asked);
  const actions = plan.actions.map((action) => {
    const barrier = action.gate.kind === 'ready' ? barriers.get(action.agent) : undefined;
    return barrier === undefined ? action : deferredBy(action, barrier);
  });
  return { ...plan, actions, summary: summarize(actions, plan.unknownAgents, plan.summary.unchanged) };
}

/** Who is at work without a word is as busy, and would lose as much, as who prints. */
function deferredBy(action: PlannedAction, { message, turn }: ScreenBarrier): PlannedAction {
  const gate = { kind: 'deferred', why: 'screen', message } as const;
  if (!turn || action.live === null) return { ...action, gate };
  const kept = action.cost.kind === 'keeps-conversation';
  return {
    ...action,
    gate,
    live: { ...action.live, busy: true },
    cost: kept ? { kind: 'loses-turn' } : action.cost,
  };
}
