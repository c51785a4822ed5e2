import type { Gate, Plan, PlannedAction } from './action.js';

/**
 * Whether a launch that had to wait its turn is to be done: it is ready, and it is the one that was planned. Its files were written
 * for that configuration, and that it is ready to be stopped, or only updated, says nothing for it. A process that has ended
 * meanwhile is launched all the same.
 *
 * @param due what is planned for the agent now; null: nothing
 */
export const isStillDue = (planned: PlannedAction, due: PlannedAction | null): due is PlannedAction =>
  due?.gate.kind === 'ready' && isSameLaunch(planned, due);

/**
 * The same of one that is under way already, before its process is ended. What it has used up, the approval and its place within
 * the brake, is not asked for again; nor is what it has typed and made the agent print.
 */
export const mayGoOn = (planned: PlannedAction, due: PlannedAction | null): due is PlannedAction =>
  due !== null && isSameLaunch(planned, due) && !standsInTheWay(due.gate);

/** Why what was ready when it was planned was not begun when its turn came. */
export type Withdrawal =
  /** It is to wait, or something else is due for it by now: the action as it is planned then. */
  | { readonly kind: 'gated'; readonly action: PlannedAction }
  /** Nothing is left to be done for it: the roster was edited back, or somebody else saw to it. */
  | { readonly kind: 'settled' }
  /** Nothing can be told of it. */
  | { readonly kind: 'unknown'; readonly message: string };

/** @param later all that is planned by then */
export function withdrawalOf({ agent }: PlannedAction, later: Plan): Withdrawal {
  const due = later.actions.find((action) => action.agent === agent);
  if (due !== undefined) return { kind: 'gated', action: due };
  const unknown = later.unknownAgents.find((one) => one.agent === agent) ?? later.unknownSources[0];
  return unknown === undefined ? { kind: 'settled' } : { kind: 'unknown', message: unknown.message };
}

function isSameLaunch(planned: PlannedAction, due: PlannedAction): boolean {
  if (planned.desired !== due.desired) return false;
  if (planned.action === due.action) return true;
  const ended = due.live === null && (due.action === 'start' || due.action === 'restart');
  return ended && (planned.action === 'restart' || planned.action === 'reset');
}

function standsInTheWay(gate: Gate): boolean {
  switch (gate.kind) {
    case 'ready':
    case 'needs-approval':
    case 'braked':
      return false;
    case 'deferred':
      return gate.why === 'attached';
    case 'held':
    case 'backing-off':
    case 'stalled':
    case 'blocked':
      return true;
  }
}
