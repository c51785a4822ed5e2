import type { Gate, Plan } from './action.js';

/** Nothing wakes anybody when a dialog is answered or a silent turn ends: the screen is asked again after so long. */
const screenAgainMs = 5000;

/**
 * Milliseconds until a gate opens by itself, for the nearest one; null where none does. Approvals, holds and attachment
 * change with somebody's doing, which wakes the controller anyway.
 */
export function nextLookMs(plan: Plan, now: number): number | null {
  const waits = plan.actions.flatMap(({ gate }): readonly number[] => {
    switch (gate.kind) {
      case 'backing-off':
        return [gate.inMs];
      case 'deferred':
        return deferralMs(gate);
      case 'held':
        return gate.hold.until === null ? [] : [gate.hold.until - now];
      case 'braked':
        return [];
      case 'ready':
      case 'needs-approval':
      case 'stalled':
      case 'blocked':
        return [];
    }
  });
  return waits.length === 0 ? null : Math.max(0, Math.min(...waits));
}

function deferralMs(gate: Extract<Gate, { kind: 'deferred' }>): readonly number[] {
  switch (gate.why) {
    case 'busy':
      return [Math.max(1, gate.idleAfterSeconds - gate.idleSeconds) * 1000];
    case 'screen':
      return [screenAgainMs];
    case 'attached':
      return [];
  }
}
