import type { Gate, Plan, PlannedAction } from './action.js';
import { summarize } from './summary.js';

/** The plan without the actions that are not asked for; what stays is judged as in the whole plan. */
export function restrict(plan: Plan, keep: (action: PlannedAction) => boolean): Plan {
  const actions = plan.actions.filter(keep);
  const summary = summarize(actions, plan.unknownAgents, plan.summary.unchanged);
  return { ...plan, actions, summary, whole: wholeOf(plan) };
}

/** All that is planned, whatever of it is asked for. */
export const wholeOf = ({ actions, whole = actions }: Plan): readonly PlannedAction[] => whole;

/** The plan for some agents: what cannot be told of others is not asked for either. */
export function restrictTo(plan: Plan, agents: readonly string[]): Plan {
  const unknownAgents = plan.unknownAgents.filter(({ agent }) => agents.includes(agent));
  return restrict({ ...plan, unknownAgents }, ({ agent }) => agents.includes(agent));
}

/** The plan with another gate before some of its actions; null: the gate stays as it is. */
export function regated(plan: Plan, gateOf: (action: PlannedAction) => Gate | null): Plan {
  const actions = plan.actions.map((action) => ({ ...action, gate: gateOf(action) ?? action.gate }));
  return { ...plan, actions, summary: summarize(actions, plan.unknownAgents, plan.summary.unchanged) };
}
