import type { Hold } from '../../controller/observed.js';
import { formatDuration } from '../../roster/duration.js';
import { hasControlCharacter } from '../../roster/visible.js';
import { observeOwner } from '../../observers/installation.js';
import { observeMemory } from '../../observers/memory.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { eventOf } from '../event-record.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireOwnInstallation } from '../guard.js';
import { memoryStore } from '../host-actuators.js';
import { nextApply } from '../next-apply.js';
import { loadRoster } from '../roster-source.js';
import { forgetFailures, releaseHolds } from './start.js';

export interface HoldOptions {
  /** Milliseconds. */
  readonly for?: number;
  readonly reason?: string;
}

/** Leaves an agent as it is until it is released: a running one keeps running, whatever the roster says. */
export async function holdCommand(context: Context, agent: string, options: HoldOptions): Promise<ExitCode> {
  requireAgents(await loadRoster(context), [agent]);
  requireOwnInstallation(context, null, observeOwner(context.paths, parseEnvironmentFile));
  if (options.reason !== undefined && hasControlCharacter(options.reason, 'none')) {
    throw new CommandFailure(ExitCode.usage, '--reason must be one line without control characters');
  }
  const now = context.now();
  const hold: Hold = {
    since: now,
    until: options.for === undefined ? null : now + options.for,
    reason: options.reason ?? null,
    by: 'hold',
  };
  const failure = await memoryStore(context).changeHolds(({ holds, fleetHold }) => ({
    holds: new Map([...holds, [agent, hold]]),
    fleetHold,
  }));
  if (failure !== null) throw new CommandFailure(ExitCode.error, `not held: ${failure}`);
  context.record([eventOf('held', now, { agent, message: options.reason })]);
  context.print(
    `${agent} is held${options.for === undefined ? '' : ` for ${formatDuration(options.for)}`}. Nothing else changed.`,
  );
  return ExitCode.done;
}

/** Lifts a hold, for good or for a while. What the roster asks for is done by the next apply, or by the controller. */
export async function releaseCommand(
  context: Context,
  agent: string,
  options: HoldOptions,
): Promise<ExitCode> {
  const { paths, now, print } = context;
  const roster = await loadRoster(context);
  // An agent that was held and then taken out of the roster still has to be let go.
  const memory = observeMemory(paths.state);
  if (!memory.known || !memory.value.holds.has(agent)) requireAgents(roster, [agent]);
  requireOwnInstallation(context, null, observeOwner(paths, parseEnvironmentFile));
  const everyone = roster.agents.map(({ name }) => name);
  const seen: { hold: Hold | null } = { hold: null };
  // First, since it is the holds' file that wakes the controller.
  await forgetFailures(context, new Set([agent]));
  const failure = await memoryStore(context).changeHolds((current) => {
    seen.hold = current.holds.get(agent) ?? current.fleetHold;
    if (seen.hold === null) return current;
    const released = releaseHolds(current, [agent], everyone);
    if (options.for === undefined) return released;
    // In force again from then on.
    const later: Hold = { ...seen.hold, from: now() + options.for };
    return { ...released, holds: new Map([...released.holds, [agent, later]]) };
  });
  if (failure !== null) throw new CommandFailure(ExitCode.error, `not released: ${failure}`);
  context.record([eventOf('released', now(), { agent, message: options.reason })]);
  const until = options.for === undefined ? '' : ` for ${formatDuration(options.for)}, then held again`;
  print(
    seen.hold === null ? `${agent} was not held.` : `${agent} is released${until}. ${nextApply(context)}`,
  );
  return ExitCode.done;
}
