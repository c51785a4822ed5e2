import { dialogWaits } from '../../controller/barrier.js';
import { assess, type World } from '../../controller/assess.js';
import { fleetStatus, type AgentStatus } from '../../controller/status.js';
import type { Activity } from '../../controller/screen.js';
import { profileOfRunning } from '../../roster/profile.js';
import { formatDuration } from '../../roster/duration.js';
import { visible } from '../../roster/visible.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { ExitCode } from '../exit-code.js';
import { sourceExitCode } from '../outcome.js';
import { observe } from '../pass.js';
import { fileUnlessMoved, warnOf } from '../roster-in-force.js';
import { activitiesOf } from '../talk/activities.js';
import { openWakes } from '../wakes.js';

export interface WaitOptions {
  readonly for: 'ready' | 'idle' | 'stopped';
  /** Milliseconds. */
  readonly timeout: number;
}

/** A unit's own steps wake nobody. It is looked soon after something has happened, and ever more seldom after that. */
const soonMs = 100;
const seldomMs = 2000;
const screenMs = 500;

/** Waits until agents are as asked for; without a name, every one that the roster wants running (or `stopped`). */
export async function waitCommand(
  context: Context,
  names: readonly string[],
  { for: wanted, timeout }: WaitOptions,
): Promise<ExitCode> {
  const deadline = performance.now() + timeout;
  const { roster, problem } = await fileUnlessMoved(context);
  warnOf(context, problem);
  const first = await observe(context, { roster });
  requireAgents(first.world.roster, names);
  const wakes = openWakes(context, first.world.roster.socketName);
  const forget = context.onInterrupt(() => process.exit(ExitCode.interrupted));
  let pause = soonMs;
  try {
    for (let { world } = first; ; { world } = await observe(context, await fileUnlessMoved(context))) {
      const { tmux } = world.observed;
      if (tmux.known && tmux.value !== null) wakes.serverSeen();
      const asked = fleetStatus(world, { now: context.now() }).filter(({ name, desired, phase }) =>
        names.length > 0
          ? names.includes(name)
          : phase !== 'Extra' && (wanted === 'stopped' || desired === 'running'),
      );
      const ending = wanted === 'stopped' ? endingIn(world) : new Map<string, string>();
      const inTime = asked.filter((agent) => isAsWanted(agent, wanted) && !ending.has(agent.name));
      const onScreen = await screensOf(context, world, wanted === 'stopped' ? [] : inTime);
      const waiting = asked.filter(
        (agent) => !inTime.includes(agent) || !showsAsWanted(onScreen.get(agent.name), wanted),
      );
      if (waiting.length === 0) return ExitCode.done;
      const left = deadline - performance.now();
      if (left <= 0) {
        // Who has printed something of late was not asked yet: it may be a dialog that waits.
        const unasked = waiting.filter(({ name, phase }) => phase === 'Running' && !onScreen.has(name));
        const screens = wanted === 'stopped' ? onScreen : await screensOf(context, world, unasked);
        const states = waiting.map((one) =>
          stateOf(one, onScreen.get(one.name) ?? screens.get(one.name), ending.get(one.name)),
        );
        context.say(`not ${wanted} after ${formatDuration(timeout)}: ${states.join(', ')}`);
        const { agents, unknownSources } = assess(world);
        for (const { source, message } of unknownSources)
          context.say(`${source} is unknown: ${visible(message)}`);
        if (unknownSources.length === 0)
          for (const { agent, situation } of agents)
            if (situation.kind === 'unknown' && waiting.some(({ name }) => name === agent))
              context.say(`${agent} is unknown: ${visible(situation.message)}`);
        return unknownSources.length > 0 ? sourceExitCode({ unknownSources }) : ExitCode.timeout;
      }
      const began = performance.now();
      await wakes.next(Math.min(pause, left));
      // A screen wakes nobody.
      const longest = onScreen.size > 0 ? screenMs : seldomMs;
      pause = performance.now() - began < pause - 1 ? soonMs : Math.min(longest, pause * 2);
    }
  } finally {
    forget();
    wakes.close();
  }
}

/** Who is as wanted but for the screen; an agent whose runtime's ready screen is unknown is judged by its process alone. */
async function screensOf(
  context: Context,
  { roster, observed: { files } }: World,
  agents: readonly AgentStatus[],
): Promise<ReadonlyMap<string, Activity | 'unseen'>> {
  const specs = roster.agents.filter(
    (spec) =>
      agents.some(({ name }) => name === spec.name) &&
      profileOfRunning(spec, files.get(spec.name)?.applied?.started['runtime'] ?? null).ready.length > 0,
  );
  const seen = await activitiesOf(context, roster, specs);
  return new Map(specs.map(({ name }) => [name, seen.get(name) ?? 'unseen']));
}

function showsAsWanted(activity: Activity | 'unseen' | undefined, wanted: WaitOptions['for']): boolean {
  switch (activity) {
    case undefined:
    case 'ready':
      return true;
    // It takes messages, and holds them.
    case 'busy':
      return wanted !== 'idle';
    case 'starting':
    case 'dialog':
    case 'unseen':
      return false;
  }
}

const stateOf = (
  { name, phase, activity }: AgentStatus,
  onScreen: Activity | 'unseen' | undefined,
  ending: string | undefined,
): string =>
  `${name} (${[ending ?? phase, activity, screenWords(name, onScreen)].filter((one) => one !== null).join(', ')})`;

/** Agents that nobody would call running, and of which something is still there: a process in its grace, a unit. */
function endingIn(world: World): ReadonlyMap<string, string> {
  return new Map(
    assess(world).agents.flatMap(({ agent, situation: { kind } }): (readonly [string, string])[] => {
      switch (kind) {
        case 'stopping':
          return [[agent, 'its unit is still ending']];
        case 'exited':
        case 'hollow':
          return [[agent, 'its process has ended, and its unit has not']];
        case 'live':
        case 'unmarked':
        case 'starting':
        case 'stopped':
        case 'foreign':
        case 'unknown':
          return [];
      }
    }),
  );
}

function screenWords(name: string, activity: Activity | 'unseen' | undefined): string | null {
  switch (activity) {
    case undefined:
    case 'ready':
      return null;
    case 'busy':
      return 'its screen says busy';
    case 'starting':
      return `its screen is not ready; see: fleet agent tail ${name}`;
    case 'dialog':
      return dialogWaits(name);
    case 'unseen':
      return 'its screen cannot be seen';
  }
}

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
