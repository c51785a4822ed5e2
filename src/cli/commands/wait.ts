import { fleetStatus, type AgentStatus } from '../../controller/status.js';
import { formatDuration } from '../../roster/duration.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { ExitCode } from '../exit-code.js';
import { observe } from '../pass.js';
import { openWakes } from '../wakes.js';

export interface WaitOptions {
  readonly for: 'ready' | 'idle' | 'stopped';
  /** Milliseconds. */
  readonly timeout: number;
}

/** A unit's own steps wake nobody. It is looked soon after something has happened, and ever more seldom after that. */
const soonMs = 100;
const seldomMs = 2000;

/** Waits until agents are as asked for; without a name, every one that the roster wants running (or `stopped`). */
export async function waitCommand(
  context: Context,
  names: readonly string[],
  { for: wanted, timeout }: WaitOptions,
): Promise<ExitCode> {
  const deadline = performance.now() + timeout;
  const first = await observe(context);
  requireAgents(first.world.roster, names);
  const wakes = openWakes(context, first.world.roster.socketName);
  const forget = context.onInterrupt(() => process.exit(ExitCode.interrupted));
  let pause = soonMs;
  try {
    for (let { world } = first; ; { world } = await observe(context)) {
      const { tmux } = world.observed;
      if (tmux.known && tmux.value !== null) wakes.serverSeen();
      const waiting = fleetStatus(world, { now: context.now() })
        .filter(({ name, desired, phase }) =>
          names.length > 0
            ? names.includes(name)
            : phase !== 'Extra' && (wanted === 'stopped' || desired === 'running'),
        )
        .filter((agent) => !isAsWanted(agent, wanted));
      if (waiting.length === 0) return ExitCode.done;
      const left = deadline - performance.now();
      if (left <= 0) {
        context.say(`not ${wanted} after ${formatDuration(timeout)}: ${waiting.map(stateOf).join(', ')}`);
        return ExitCode.timeout;
      }
      const began = performance.now();
      await wakes.next(Math.min(pause, left));
      pause = performance.now() - began < pause - 1 ? soonMs : Math.min(seldomMs, pause * 2);
    }
  } finally {
    forget();
    wakes.close();
  }
}

const stateOf = ({ name, phase, activity }: AgentStatus): string =>
  `${name} (${phase}${activity === null ? '' : `, ${activity}`})`;

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
