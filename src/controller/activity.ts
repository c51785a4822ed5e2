import { parseDuration } from '../roster/duration.js';
import type { AgentSpec } from '../roster/types.js';
import type { Live } from './action.js';
import type { AgentFiles, ObservedPane, ObservedSession } from './observed.js';

const defaultIdleAfterMs = 30_000;

/** How long an agent prints nothing before it counts as idle. One that is in no roster: by what was applied last. */
export const idleAfterOf = (spec: AgentSpec | null, files: AgentFiles | null): number =>
  spec?.idleAfterMs ?? parseDuration(files?.applied?.applied['idle_after'] ?? '') ?? defaultIdleAfterMs;

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
