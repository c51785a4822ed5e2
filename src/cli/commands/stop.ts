import { SystemdUnits } from '../../actuators/systemd-units.js';
import { operatorPlan } from '../../controller/operator-plan.js';
import type { Plan } from '../../controller/action.js';
import { addHold, type Holds } from '../../controller/holds.js';
import type { Hold } from '../../controller/observed.js';
import { assess } from '../../controller/assess.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { carryOutTold } from '../carry-out-told.js';
import { runningController } from '../controller-restart.js';
import { withLock } from '../execute.js';
import { exitCodeOf } from '../outcome.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireInstallation } from '../guard.js';
import { memoryStore } from '../host-actuators.js';
import { observe } from '../pass.js';
import { displayPath } from '../../host/paths.js';
import type { Roster } from '../../roster/types.js';
import { visible } from '../../roster/visible.js';
import { loadRoster } from '../roster-source.js';
import { planWithScreens } from '../plan-with-screens.js';
import { textReporter } from '../reporter.js';

/**
 * Stops agents and holds them, so that nothing starts them again before `start` or `release`. Without a name: every
 * agent, then the holder. The hold is durable before anything is stopped.
 */
export async function stopCommand(context: Context, names: readonly string[]): Promise<ExitCode> {
  const roster = await loadRosterToStop(context, names);
  requireAgents(roster, names);
  const whole = names.length === 0;
  // The socket may have been edited: what runs is on the recorded one.
  const first = await observe(context);
  requireInstallation(context, null, first.installation);
  const { socketName, holderSession } = first.installation.record ?? roster;
  const seen = operatorPlan(
    (await observe(context, { socketName })).world,
    'stop',
    whole ? null : names,
    context.now(),
  );
  if (seen.unknownSources.length > 0) {
    // Nothing can be stopped, and a hold alone would only surprise later.
    textReporter(context).planned(seen, displayPath(context.paths.roster, context.paths.userHome));
    context.say('Nothing was stopped or held.');
    return exitCodeOf([], seen);
  }
  // From here on something is done, which a signal must not leave untold.
  context.onInterrupt(() => undefined);
  const hold: Hold = { since: context.now(), until: null, reason: null, by: 'stop' };
  const failure = await memoryStore(context).changeHolds((current) => addHolds(current, names, hold));
  if (failure !== null)
    throw new CommandFailure(
      ExitCode.error,
      `nothing was stopped, since the hold cannot be kept: ${failure}`,
    );
  const stopAll = async (): Promise<ExitCode> => {
    const pass = await observe(context, { socketName });
    const world = { ...pass.world, roster: { ...pass.world.roster, socketName } };
    const planned = operatorPlan(world, 'stop', whole ? null : names, context.now());
    const plan = await planWithScreens(context, planned, world, 'costs');
    const reporter = textReporter(context);
    if (plan.actions.length > 0 || plan.unknownAgents.length > 0) {
      reporter.planned(plan, displayPath(context.paths.roster, context.paths.userHome));
    } else
      context.print(whole ? 'No agent runs. The fleet is held.' : `Not running: ${names.join(', ')}. Held.`);
    const code = await carryOutTold(
      context,
      reporter,
      plan,
      pass,
      ({ world }) => operatorPlan(world, 'stop', whole ? null : names, context.now()),
      { socketName },
    );
    // Who says stop wants it not to be started, either; but takes it for stopped, unless told.
    if (plan.unknownAgents.length > 0) context.say(unknownText(plan.unknownAgents, whole));
    if (!whole || plan.unknownSources.length > 0) return code;
    if (context.interrupted()) {
      context.say('the holder was left running: interrupted');
      return code === ExitCode.done ? ExitCode.interrupted : code;
    }
    const holderProblem = await stopHolder(context, { ...roster, socketName, holderSession });
    if (holderProblem === null) return code;
    context.say(holderProblem);
    return ExitCode.actionFailed;
  };
  // The hold is durable by now, and stays.
  const already = `${whole ? 'the fleet' : names.join(', ')}: held by now, and nothing was stopped`;
  return withLock(context, 'fleet stop', stopAll, already);
}

/** An operator who wants everything to stop now must not have to mend a roster first. */
async function loadRosterToStop(context: Context, names: readonly string[]): Promise<Roster> {
  try {
    return await loadRoster(context);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const whom = names.length === 0 ? 'the whole fleet' : names.map(visible).join(', ');
    throw new CommandFailure(
      error.code,
      `${error.message}\nTo stop ${whom} without a roster: ${await stopByHand(context, names)}`,
    );
  }
}

/** A controller goes by the last good roster, and would start at once again what is stopped under it. */
async function stopByHand(context: Context, names: readonly string[]): Promise<string> {
  const { main, byHand } = await runningController(context).catch((error: unknown) => {
    if (error instanceof CommandFailure) return { main: null, byHand: null };
    throw error;
  });
  const units =
    names.length === 0
      ? ["'mosaic-agent@*.service'", 'mosaic-tmux-holder.service']
      : names.map((name) => `mosaic-agent@${visible(name)}.service`);
  const stopped = [...(main === null ? [] : ['mosaic-fleet.service']), ...units];
  return `${byHand === null ? '' : `kill ${byHand}; `}systemctl --user stop ${stopped.join(' ')}`;
}

function unknownText(unknown: Plan['unknownAgents'], whole: boolean): string {
  const agents = unknown.map(({ agent }) => agent);
  const release = whole ? 'fleet start' : `fleet start ${agents.join(' ')}`;
  return `Unknown, and not stopped: ${agents.join(', ')}. Held all the same, until: ${release}`;
}

const addHolds = (current: Holds, names: readonly string[], hold: Hold): Holds =>
  names.length === 0
    ? { ...current, fleetHold: hold }
    : names.reduce((holds, name) => addHold(holds, name, hold), current);

/** The server goes last, and only if nothing of anybody else lives on it. @param roster with what is on record of the server */
async function stopHolder(context: Context, roster: Roster): Promise<string | null> {
  const { world } = await observe(context, { roster });
  const { units } = world.observed;
  if (!units.known) return `the holder was not stopped: ${units.message}`;
  const holder = units.value.holder?.active ?? 'inactive';
  if (holder === 'inactive' || holder === 'failed') return null;
  const { agents, strangers } = assess(world);
  // What has its marks is no stranger's, and may be where an unknown one lives.
  const unknown = agents.filter(({ situation }) => situation.kind === 'unknown');
  if (unknown.length > 0) {
    const list = unknown.map(({ agent }) => agent).join(', ');
    return `the holder was left running: whether ${list} lives on its server cannot be told`;
  }
  if (strangers.length > 0) {
    const list = strangers.map(({ name }) => name).join(', ');
    return `the holder was left running: sessions that fleet did not create live on its server: ${list}`;
  }
  const outcome = await new SystemdUnits(context.exec).stopHolder();
  if (outcome === null) context.print('The holder has stopped.');
  return outcome === null ? null : `the holder did not stop: ${outcome}`;
}
