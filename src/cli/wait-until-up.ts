import { setTimeout as delay } from 'node:timers/promises';
import { assess } from '../controller/assess.js';
import { readExitRecord } from '../observers/exit-record.js';
import type { Roster } from '../roster/types.js';
import { visible } from '../roster/visible.js';
import type { Context } from './context.js';
import { ExitCode } from './exit-code.js';
import { observe } from './pass.js';
import { endText } from './render/end-text.js';

/** An agent that has stayed up for so long has not failed at its start. */
const steadyMs = 2000;
const pollMs = 250;
/** A unit whose process has ended writes down how, and ends, within so long. */
const recordMs = 3000;

/**
 * Waits until every launched agent has been up without a break for two seconds.
 *
 * @returns `code` then; 4 where one ended, 5 where the time ran out
 */
export async function waitUntilUp(
  context: Context,
  roster: Roster,
  agents: readonly string[],
  timeoutMs: number,
  code: ExitCode,
  say: (message: string) => void,
): Promise<ExitCode> {
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
          for (const line of endLines(context, agent)) say(line);
          return ExitCode.actionFailed;
        }
        case 'stopped':
        case 'hollow':
        case undefined:
          for (const line of endLines(context, agent)) say(line);
          return ExitCode.actionFailed;
        case 'unknown':
        case 'foreign':
        case 'unmarked':
        case 'starting':
        case 'stopping':
          since.delete(agent);
      }
    }
    const waiting = agents.filter((agent) => now - (since.get(agent)?.from ?? now) < steadyMs);
    if (waiting.length === 0) return code;
    if (now >= deadline || context.interrupted()) {
      say(`not up after ${Math.round(timeoutMs / 1000)}s: ${waiting.join(', ')}`);
      return ExitCode.timeout;
    }
    await delay(Math.min(pollMs, Math.max(1, deadline - now)));
  }
}

function endLines({ paths }: Context, agent: string): readonly string[] {
  const record = readExitRecord(paths, agent);
  if (record === null) return [`${agent} ended after its start; see: fleet status ${agent}`];
  return [
    `${agent} ended after its start`,
    ...[endText(record), ...record.lines].map((line) => `      | ${visible(line)}`),
  ];
}
