import type { Live } from './action.js';
import type { ObservedPane, ObservedSession } from './observed.js';

/** Idle threshold of an agent that is in no roster. */
export const defaultIdleAfterMs = 30_000;

/**
 * @param now epoch milliseconds
 * @param idleAfterMs no output for so long = idle
 */
export function liveness(
  session: ObservedSession,
  pane: ObservedPane,
  now: number,
  idleAfterMs: number,
): Live {
  // A clock that was set back would make the last output lie in the future: that is no idleness.
  const idleMs = Math.max(0, now - pane.lastOutputAt * 1000);
  return {
    busy: idleMs < idleAfterMs,
    attached: session.attached > 0,
    idleSeconds: Math.floor(idleMs / 1000),
    pid: pane.pid,
  };
}
