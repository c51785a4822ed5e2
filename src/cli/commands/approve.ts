import type { Approval } from '../../controller/observed.js';
import type { Plan, PlannedAction } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import { holderApproval, type HolderReplacement } from '../../controller/holder.js';
import { isApproved, noWords } from '../../controller/gate.js';
import { plan as planOf } from '../../controller/plan.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { eventOf } from '../event-record.js';
import { sourceExitCode } from '../outcome.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireOwnInstallation } from '../guard.js';
import { memoryStore } from '../host-actuators.js';
import { nextApply } from '../next-apply.js';
import { observe } from '../pass.js';
import { holderGateText } from '../render/holder-text.js';
import { costText, gateHint, gateText, reasonText } from '../render/reason-text.js';
import { fleetWord } from '../typed.js';

/**
 * Approves what waits for approval: this action, from this configuration to that one, once. With `--all` also the
 * braked mass change of this roster revision. Of whom nothing waits keeps no other waiting, but ends with 1.
 */
export async function approveCommand(
  context: Context,
  names: readonly string[],
  all: boolean,
): Promise<ExitCode> {
  if (all === names.length > 0) {
    throw new CommandFailure(ExitCode.usage, 'name the agents to approve, or give --all, not both');
  }
  const { world, installation } = await observe(context);
  const { holderSession } = world.roster;
  // No agent can have its name.
  const holderNamed = names.includes(holderSession);
  const agents = names.filter((name) => name !== holderSession);
  const plan = planOf(world, noWords, context.now());
  requireAgents(world.roster, agents, plan.actions.map(({ agent }) => agent)); // prettier-ignore
  requireOwnInstallation(context, null, installation);
  if (plan.unknownSources.length > 0) {
    throw new CommandFailure(
      sourceExitCode(plan),
      `cannot tell what waits: ${plan.unknownSources.map(({ message }) => message).join('; ')}`,
    );
  }
  const waiting = plan.actions.filter(
    ({ agent, gate }) => gate.kind === 'needs-approval' && (all || agents.includes(agent)),
  );
  const named = waiting.map(({ agent, action, applied, desired }): Approval => ({
    kind: 'agent',
    agent,
    action,
    applied,
    desired,
    ...(all ? { revision: plan.rosterRevision } : {}),
  }));
  const heldByBrake = braked(plan).map(({ agent }) => agent);
  // What waits for approval counts for the brake once it is approved.
  const massChange = all && braked(planWith(context, world, named)).length > 0;
  const holder = holderNamed ? approvableHolder(plan) : null;
  const already = approvedAlready(world, plan).filter(({ agent }) => agents.includes(agent));
  const nothing = agents.filter((name) => ![...waiting, ...already].some(({ agent }) => agent === name));
  const hint = nothing.some((name) => heldByBrake.includes(name))
    ? 'The brake holds a mass change, which is approved as a whole: fleet approve --all'
    : 'See: fleet plan';
  const unasked = `nothing of ${nothing.join(', ')} waits for approval`;
  if (nothing.length > 0 && nothing.length === names.length)
    throw new CommandFailure(ExitCode.error, `${unasked}; nothing was approved\n${hint}`);
  const approvals = [
    ...named,
    ...(massChange ? [{ kind: 'fleet', revision: plan.rosterRevision } as const] : []),
    ...(holder === null ? [] : [holderApproval(holder)]),
  ];
  if (approvals.length === 0 && already.length === 0) {
    context.print('Nothing waits for approval.');
    return ExitCode.done;
  }
  await keepApprovals(context, approvals);
  context.record([
    ...waiting.map(({ agent, action, reasons }) =>
      eventOf('approved', context.now(), { agent, action, reasons: reasons.map(reasonText) }),
    ),
    ...(massChange ? [eventOf('approved', context.now(), { revision: plan.rosterRevision })] : []),
  ]);
  for (const action of already) context.print(`Approved already: ${approvedText(action)}`);
  for (const action of waiting) context.print(`Approved: ${approvedText(action)}`);
  if (massChange)
    context.print(`Approved: the mass change of roster revision ${plan.rosterRevision.slice(0, 7)}`);
  if (holder !== null) {
    context.print(`Approved: the holder ${holder.session} is replaced; every session on its server ends`);
    for (const { agent, cost } of holder.costs)
      context.print(`  ${agent}: ${costText(cost) ?? 'restarted, with no conversation to lose'}`);
  }
  const approved = new Set([...waiting, ...already].map(({ agent }) => agent));
  context.print(heldStill(context, world, approvals, approved) ?? nextApply(context));
  if (nothing.length === 0) return ExitCode.done;
  context.say(`${unasked}\n${hint}`);
  return ExitCode.error;
}

/**
 * A later approval of the same agent replaces the earlier one: at most one can still be true.
 *
 * @throws CommandFailure 1 where they cannot be written
 */
async function keepApprovals(context: Context, approvals: readonly Approval[]): Promise<void> {
  if (approvals.length === 0) return;
  const about = (one: Approval): string | null => (one.kind === 'agent' ? one.agent : null);
  const replaced = new Set(approvals.map(about));
  const failure = await memoryStore(context).changeApprovals((before) => [
    ...before.filter((one) => !replaced.has(about(one))),
    ...approvals,
  ]);
  if (failure !== null) throw new CommandFailure(ExitCode.error, `not approved: ${failure}`);
}

/** What an approval on record lets go on, whatever else is in its way. */
const approvedAlready = ({ observed: { memory } }: World, { actions, rosterRevision }: Plan) =>
  actions.filter((action) => memory.known && isApproved(action, memory.value, noWords, rosterRevision));

function approvedText({ agent, action, reasons, cost }: PlannedAction): string {
  const costs = costText(cost);
  return `${action} ${agent}: ${reasons.map(reasonText).join('; ')}${costs === null ? '' : `; ${costs}`}`;
}

/** What is in the way of what was approved by name, a mass change being braked as a whole; null: nothing. */
function heldStill(
  context: Context,
  world: World,
  approvals: readonly Approval[],
  approved: ReadonlySet<string>,
): string | null {
  const held = braked(planWith(context, world, approvals)).find(({ agent }) => approved.has(agent));
  if (held === undefined) return null;
  return `The brake holds it all the same: ${gateText(held.gate) ?? ''}\nTo go on: ${gateHint(held.gate, held.agent, fleetWord(context)) ?? ''}`;
}

const braked = ({ actions }: Plan): Plan['actions'] => actions.filter(({ gate }) => gate.kind === 'braked');

/** The plan as it is once these approvals are given. */
function planWith(context: Context, world: World, approvals: readonly Approval[]): Plan {
  const { memory } = world.observed;
  if (!memory.known) return planOf(world, noWords, context.now());
  const value = { ...memory.value, approvals: [...memory.value.approvals, ...approvals] };
  const observed = { ...world.observed, memory: { ...memory, value } };
  return planOf({ ...world, observed }, noWords, context.now());
}

/** @throws CommandFailure 1 where the holder is fleet's own, or something is in its way */
function approvableHolder({ holder }: Plan): HolderReplacement {
  if (holder === undefined) {
    throw new CommandFailure(
      ExitCode.error,
      "the holder is fleet's own and waits for no approval; nothing was approved\nSee: fleet plan",
    );
  }
  if (holder.gate.kind === 'blocked')
    throw new CommandFailure(ExitCode.error, `${holderGateText(holder)}\nNothing was approved`);
  return holder;
}
