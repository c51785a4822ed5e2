import {
  addHold,
  endsAfter,
  heldBy,
  releaseHolds,
  releaseUntil,
  type Holds,
} from '../../controller/holds.js';
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
import { observe } from '../pass.js';
import { loadRoster } from '../roster-source.js';
import { holdText } from '../render/reason-text.js';
import { forgetFailures } from './start.js';

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
  const seen: { before: Holds | null } = { before: null };
  const failure = await memoryStore(context).changeHolds((current) => {
    seen.before = current;
    return addHold(current, agent, hold);
  });
  if (failure !== null) throw new CommandFailure(ExitCode.error, `not held: ${failure}`);
  // What changed nothing is on no record: it would pass for the hold that is in force, with a reason that nobody kept.
  if (!heldAlready(seen.before?.holds.get(agent), hold))
    context.record([eventOf('held', now, { agent, message: options.reason })]);
  context.print(heldText(agent, hold, seen.before, options.for));
  return ExitCode.done;
}

const heldAlready = (own: Hold | undefined, hold: Hold): boolean =>
  own !== undefined && endsAfter(own, hold) && !startsAfter(own, hold);

/** Released for a while, it would have been held again only then. */
const startsAfter = (own: Hold, hold: Hold): boolean => own.from !== undefined && own.from > hold.since;

/** Says what holds for longer, too: the agent is not let go when the operator's own time is over. */
function heldText(agent: string, hold: Hold, before: Holds | null, forMs: number | undefined): string {
  const own = before?.holds.get(agent);
  const held = `${agent} is held${forMs === undefined ? '' : ` for ${formatDuration(forMs)}`}`;
  if (own !== undefined && endsAfter(own, hold)) {
    const again = startsAfter(own, hold);
    return `${agent} is held ${again ? 'again from now on' : 'already'}: ${lastingText(own, false)}. ${again ? 'Nothing else' : 'Nothing'} changed; a longer hold ends with: fleet release ${agent}`;
  }
  const fleetHold = before?.fleetHold ?? null;
  if (fleetHold !== null && endsAfter(fleetHold, hold))
    return `${held}, and stays held: ${lastingText(fleetHold, true)}. Nothing else changed.`;
  return `${held}. Nothing else changed.`;
}

const lastingText = (hold: Hold, fleet: boolean): string =>
  `${holdText({ hold, fleet })}${hold.until === null ? ', without end' : ''}`;

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
  const seen = { wasHeld: false, again: false };
  // With ends that nobody has acted upon, which are on no record of failures.
  const { memory: counted } = (await observe(context, { roster })).world.observed;
  const failed = counted.known && (counted.value.failures.get(agent)?.count ?? 0) > 0;
  // First, since it is the holds' file that wakes the controller.
  await forgetFailures(context, new Set([agent]));
  const failure = await memoryStore(context).changeHolds((current) => {
    seen.wasHeld = heldBy(agent, current) !== null;
    if (!seen.wasHeld) return current;
    if (options.for === undefined) return releaseHolds(current, [agent], everyone);
    const { holds, again } = releaseUntil(current, agent, now() + options.for, everyone);
    seen.again = again;
    return holds;
  });
  if (failure !== null) throw new CommandFailure(ExitCode.error, `not released: ${failure}`);
  if (!seen.wasHeld && !failed) {
    print(`${agent} was not held.`);
    return ExitCode.done;
  }
  context.record([eventOf('released', now(), { agent, message: options.reason })]);
  const until = options.for === undefined ? '' : releasedText(options.for, seen.again);
  print(`${agent} ${seen.wasHeld ? `is released${until}` : 'gets another chance'}. ${nextApply(context)}`);
  return ExitCode.done;
}

const releasedText = (ms: number, again: boolean): string =>
  again ? ` for ${formatDuration(ms)}, then held again` : ' for good: its hold would be over by then';
