import { isDisruptive, type Plan } from './action.js';
import { approves } from './gate.js';
import { holderApproval } from './holder.js';
import type { Approval, Known, Memory } from './observed.js';
import { wholeOf } from './restrict.js';

/** What is remembered and means nothing any more. */
export interface VoidMemory {
  readonly approvals: readonly Approval[];
  /** That a mass change is held, of which nothing is left to be done. */
  readonly brake: boolean;
}

const nothing: VoidMemory = { approvals: [], brake: false };

export const isNothing = ({ approvals, brake }: VoidMemory): boolean => approvals.length === 0 && !brake;

/**
 * What nothing is planned for any more: were it kept, the same edit made a second time would find itself approved. In doubt
 * nothing is void.
 */
export function voidIn(plan: Plan, memory: Known<Memory>): VoidMemory {
  if (!memory.known || plan.unknownSources.length > 0) return nothing;
  const { approvals, braked } = memory.value;
  if (approvals.length === 0 && braked === null) return nothing;
  const actions = wholeOf(plan);
  const inDoubt = new Set([
    ...plan.unknownAgents.map(({ agent }) => agent),
    // As what it comes up will be seen.
    ...plan.notes.flatMap(({ code, subject }) => (code === 'Starting' ? [subject] : [])),
  ]);
  const isOfHolder = (approval: Approval): boolean =>
    plan.holder !== undefined && textOf(approval) === textOf(holderApproval(plan.holder));
  const isHeld =
    inDoubt.size > 0 || actions.some(({ action, live }) => live !== null && isDisruptive(action));
  // One of all of it, done by several that ended beside each other, was used up by none of them.
  const isMeant = (approval: Approval): boolean =>
    approval.kind === 'fleet'
      ? approval.revision === plan.rosterRevision && isHeld
      : inDoubt.has(approval.agent) ||
        isOfHolder(approval) ||
        actions.some((action) => approves(approval, action, plan.rosterRevision));
  return {
    approvals: approvals.filter((approval) => !isMeant(approval)),
    brake: braked !== null && (braked !== plan.rosterRevision || !isHeld),
  };
}

/**
 * What was void at the look before as well. A look reads the roster first and what is remembered last: who has edited the
 * roster in between, and approved that, is seen with the roster of before. `again`: something was void for the first time,
 * and another look is to decide.
 */
export class VoidTwice {
  #before: VoidMemory = nothing;

  look(now: VoidMemory): VoidMemory & { readonly again: boolean } {
    const before = new Set(this.#before.approvals.map(textOf));
    const brake = now.brake && this.#before.brake;
    this.#before = now;
    const approvals = now.approvals.filter((one) => before.has(textOf(one)));
    // What is void still, because it could not be dropped, is no reason: else there were no rest on a full disk.
    const again = approvals.length < now.approvals.length || brake !== now.brake;
    return { approvals, brake, again };
  }
}

/** Milliseconds until the second look. Until then an edit that is taken back finds itself approved again. */
export const lookAgainMs = 100;

const textOf = (approval: Approval): string =>
  JSON.stringify(
    approval.kind === 'fleet'
      ? [approval.revision]
      : [approval.agent, approval.action, approval.applied, approval.desired],
  );
