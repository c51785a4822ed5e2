import type { PlannedAction } from './action.js';
import type { World } from './assess.js';
import { resolvedOf } from './lookup.js';
import type { Outcome } from './port.js';

/** What a reset may do in the agent's runtime. */
export interface RuntimeResets {
  /** Gives the running process a fresh conversation, proven on its screen, and marks it so. null: done. */
  readonly reset: (action: PlannedAction, context: string) => Promise<Outcome>;
}

/** Resets in the runtimes are so many at a time: each looks at its screen again and again. */
const atOnce = 8;

/**
 * Why a reset ends the process whatever its runtime could do; null: it may be tried in the runtime. The class is part of the
 * process's environment, and what changed without being on record may be.
 */
export function needsNewProcess({ live, reasons }: PlannedAction): string | null {
  if (live === null) return 'it does not run';
  for (const reason of reasons) {
    if (reason.code === 'SpecChanged') return 'what it is started with has changed';
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
