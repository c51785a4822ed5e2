import { setTimeout as delay } from 'node:timers/promises';
import { assess } from '../controller/assess.js';
import { readExitRecord } from '../observers/exit-record.js';
import { formatDuration } from '../roster/duration.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { ExitCode } from './exit-code.js';
import { observe } from './pass.js';
import { endText } from './render/end-text.js';

/** An agent that has stayed up for so long has not failed at its start. */
const steadyMs = 2000;
const pollMs = 250;
/** A unit whose process has ended writes down how, and ends, within so long. */
const recordMs = 3000;

/** Who did not stay up, or of whom that is not known. */
export interface NotUp {
  readonly code: ExitCode;
  readonly agents: readonly string[];
  readonly message: string;
  /** What one that ended has left. */
  readonly lines: readonly string[];
}

/**
 * Waits until every launched agent has been up without a break for two seconds.
 *
 * @returns null then; `code` 4 where one ended, 5 where the time ran out, 130 where the waiting was interrupted
 */
export async function waitUntilUp(
  context: Context,
  roster: Roster,
  agents: readonly string[],
  timeoutMs: number,
): Promise<NotUp | null> {
  const deadline = performance.now() + timeoutMs;
  const since = new Map<string, { pid: number; from: number }>();
  const endedAt = new Map<string, number>();
  for (;;) {
    const { agents: seen } = assess((await observe(context, { roster })).world);
    const situations = new Map(seen.map(({ agent, situation }) => [agent, situation]));
    const now = performance.now();
    for (const agent of agents) {
      const situation = situations.get(agent);
      switch (situation?.kind) {
        case 'live':
          if (since.get(agent)?.pid !== situation.pane.pid)
            since.set(agent, { pid: situation.pane.pid, from: now });
          break;
        case 'exited': {
          const from = endedAt.get(agent) ?? now;
          endedAt.set(agent, from);
          since.delete(agent);
          if (now - from < recordMs) break;
          return endOf(context, agent);
        }
        case 'stopped':
        case 'hollow':
        case undefined:
          return endOf(context, agent);
        case 'unknown':
        case 'foreign':
        case 'unmarked':
        case 'starting':
        case 'stopping':
          since.delete(agent);
      }
    }
    const waiting = agents.filter((agent) => now - (since.get(agent)?.from ?? now) < steadyMs);
    if (waiting.length === 0) return null;
    const list = waiting.join(', ');
    if (context.interrupted())
      return {
        ...{ code: ExitCode.interrupted, agents: waiting, lines: [] },
        message: `interrupted before it was known whether these stay up: ${list}`,
      };
    if (now >= deadline) {
      const message = `not up after ${formatDuration(timeoutMs)}: ${list}`;
      return { code: ExitCode.timeout, agents: waiting, message, lines: [] };
    }
    await delay(Math.min(pollMs, Math.max(1, deadline - now)));
  }
}

function endOf({ paths }: Context, agent: string): NotUp {
  const record = readExitRecord(paths, agent);
  const message = `${agent} ended after its start`;
  return {
    ...{ code: ExitCode.actionFailed, agents: [agent] },
    message: record === null ? `${message}; see: fleet status ${agent}` : message,
    lines: record === null ? [] : [endText(record), ...record.lines],
  };
}
