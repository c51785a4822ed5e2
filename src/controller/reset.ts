import type { PlannedAction } from './action.js';
import type { World } from './assess.js';
import { resolvedOf } from './lookup.js';
import type { Outcome } from './port.js';

/** What a reset needs to know of the agent's runtime, and may do in it. */
export interface RuntimeResets {
  /**
   * Agents whose screens forbid a reset (a dialog, a draft, a turn in progress) or a restart (a dialog, a turn) now, and why.
   * One look for all of them. What cannot be told forbids as well.
   */
  readonly barred: (actions: readonly PlannedAction[]) => Promise<ReadonlyMap<string, string>>;
  /** Gives the running process a fresh conversation, proven on its screen, and marks it so. null: done. */
  readonly reset: (action: PlannedAction, context: string) => Promise<Outcome>;
}

/** Resets in the runtimes are so many at a time: each looks at its screen again and again. */
const atOnce = 8;

/**
 * Why an action that a plan calls ready has to wait for what a screen shows: a turn may go on without any output, for longer
 * than `idle_after`. The operator's `--now` asks no screen, nor does a word like `restart`.
 */
export async function screenGates(
  actions: readonly PlannedAction[],
  world: World,
  { barred }: RuntimeResets,
): Promise<ReadonlyMap<string, PlannedAction>> {
  const asked = actions.filter(
    ({ agent, live, reasons }) =>
      live !== null &&
      world.desired.get(agent)?.spec.disruption !== 'immediate' &&
      !reasons.some(({ code }) => code === 'OperatorWord'),
  );
  if (asked.length === 0) return new Map();
  const messages = await barred(asked);
  return new Map(
    asked.flatMap((action) => {
      const message = messages.get(action.agent);
      const gate = { kind: 'deferred', why: 'screen', message: message ?? '' } as const;
      return message === undefined ? [] : [[action.agent, { ...action, gate }] as const];
    }),
  );
}

/**
 * Why a reset ends the process whatever its runtime could do; null: it may be tried in the runtime. The class is part of the
 * process's environment, and what changed without being on record may be.
 */
export function needsNewProcess({ live, reasons }: PlannedAction): string | null {
  if (live === null) return 'it does not run';
  for (const reason of reasons) {
    if (reason.code !== 'ContextChanged') return 'what has changed is not on record';
    if (reason.field === 'class') return 'its class is part of its environment';
  }
  return null;
}

/** @returns of each agent that was not reset in its runtime, why; null for those that were */
export async function resetInRuntimes(
  actions: readonly PlannedAction[],
  world: World,
  { reset }: RuntimeResets,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  for (let from = 0; from < actions.length; from += atOnce) {
    await Promise.all(
      actions.slice(from, from + atOnce).map(async (action) => {
        const context = resolvedOf(world, action.agent)?.contextHash;
        const refused = needsNewProcess(action);
        const outcome =
          refused ?? (context === undefined ? 'it is not in the roster' : await reset(action, context));
        outcomes.set(action.agent, outcome);
      }),
    );
  }
  return outcomes;
}
