import { setTimeout as delay } from 'node:timers/promises';
import { fleetStatus, type AgentStatus } from '../../controller/status.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { ExitCode } from '../exit-code.js';
import { observe } from '../pass.js';

export interface WaitOptions {
  readonly for: 'ready' | 'idle' | 'stopped';
  /** Milliseconds. */
  readonly timeout: number;
}

const pollMs = 250;

/** Waits until agents are as asked for; without a name, every one that the roster wants running (or `stopped`). */
export async function waitCommand(
  context: Context,
  names: readonly string[],
  { for: wanted, timeout }: WaitOptions,
): Promise<ExitCode> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const { world } = await observe(context);
    requireAgents(world.roster, names);
    const agents = fleetStatus(world, { now: context.now() }).filter(({ name, desired, phase }) =>
      names.length > 0
        ? names.includes(name)
        : phase !== 'Extra' && (wanted === 'stopped' || desired === 'running'),
    );
    const waiting = agents.filter((agent) => !isAsWanted(agent, wanted));
    if (waiting.length === 0) return ExitCode.done;
    if (performance.now() >= deadline || context.interrupted()) {
      const list = waiting.map(
        ({ name, phase, activity }) => `${name} (${phase}${activity === null ? '' : `, ${activity}`})`,
      );
      context.say(`not ${wanted} after ${Math.round(timeout / 1000)}s: ${list.join(', ')}`);
      return ExitCode.timeout;
    }
    await delay(pollMs);
  }
}

/** Ready is, until fleet knows the runtimes' screens, that the agent's process runs. */
function isAsWanted({ phase, activity }: AgentStatus, wanted: WaitOptions['for']): boolean {
  switch (wanted) {
    case 'ready':
      return phase === 'Running';
    case 'idle':
      return phase === 'Running' && activity === 'idle';
    case 'stopped':
      return activity === null && phase !== 'Starting' && phase !== 'Unknown';
  }
}
