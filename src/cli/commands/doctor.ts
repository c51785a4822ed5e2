import { userName } from '../../host/owner.js';
import { displayPath, type Paths } from '../../host/paths.js';
import { observeInstallation } from '../../observers/installation.js';
import { observeMemory } from '../../observers/memory.js';
import { othersFiles, type OthersFiles } from '../../observers/others-files.js';
import { observeUnits } from '../../observers/systemd.js';
import { writingProblem } from '../../observers/writable.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import type { Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { environmentChecks } from '../environment-checks.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { installationProblem } from '../guard.js';
import { busCheck, cgroupChecks, lingerCheck, programChecks } from '../host-checks.js';
import { checkLines, messageAndHint, type Check } from '../render/check-text.js';
import { loadRoster } from '../roster-source.js';
import { runtimeChecks } from '../runtime-checks.js';
import { serverChecks } from '../server-checks.js';
import { unitChecks } from '../unit-checks.js';
import { unreadRosters } from '../unread-rosters.js';
import { undeliverable } from '../talk/undeliverable.js';

/** Checks the host, one line per fact, and says what to do about each that does not hold. */
export async function doctorCommand(context: Context): Promise<ExitCode> {
  const { paths, exec } = context;
  const [{ checks: programs, tmux }, units] = await Promise.all([programChecks(context), observeUnits(exec)]);
  const bus = busCheck(context, units.known ? null : units.message);
  const { roster, check: rosterCheck } = await tryRoster(context);
  const installation = observeInstallation(paths, parseEnvironmentFile);
  const problem = installationProblem(context, roster, installation);
  const installed: Check =
    problem === null
      ? { result: 'ok', subject: 'installation', message: 'units, tools and recorded values are current' }
      : { result: 'failed', subject: 'installation', ...messageAndHint(problem) };
  // Where the fleet is, whatever the roster has come to be.
  const socket = installation.record?.socketName ?? roster?.socketName;
  const server =
    units.known && socket !== undefined ? await serverChecks(context, units.value, socket, tmux) : null;
  const checks = [
    ...programs,
    bus,
    ...(server?.checks ?? []),
    lingerCheck(),
    ...(await cgroupChecks(context, roster)),
    rosterCheck,
    ...unreadRosters(paths).map((message): Check => ({ result: 'warning', subject: 'roster', message })),
    installed,
    ...(problem === null ? await unitChecks(context, roster?.agents.map(({ name }) => name) ?? []) : []),
    stateCheck(context),
    ...environmentChecks(context, roster),
    ...(roster === null ? [] : undeliverable(context, roster).map(leftBehind)),
    ...(roster === null ? [] : runtimeChecks(context, roster, installation)),
  ];
  for (const line of checkLines(checks, context.style)) context.print(line);
  const unavailable = !units.known || server?.answers === false;
  if (unavailable || programs.some(({ result }) => result === 'failed')) return ExitCode.unavailable;
  return checks.some(({ result }) => result === 'failed') ? ExitCode.error : ExitCode.done;
}

function stateCheck({ paths }: Context): Check {
  const places = [paths.state, paths.fleet, paths.fleetTools, paths.tmuxTools];
  const [others] = places.flatMap((place) => othersFiles(place) ?? []);
  if (others !== undefined) return othersCheck(paths, others);
  const memory = observeMemory(paths.state);
  if (!memory.known) return { result: 'failed', subject: 'state', message: memory.message };
  for (const directory of [paths.state, paths.fleet]) {
    const problem = writingProblem(directory);
    if (problem !== null) {
      const message = `${displayPath(directory, paths.userHome)}: ${problem}; fleet can only look`;
      return { result: 'failed', subject: 'state', message };
    }
  }
  return { result: 'ok', subject: 'state', message: displayPath(paths.state, paths.userHome) };
}

/** Left by a `sudo fleet …`, most likely. */
function othersCheck({ userHome }: Paths, { first, directory, owner, count }: OthersFiles): Check {
  const more = count === 1 ? '' : ` (and ${count - 1} more below ${displayPath(directory, userHome)})`;
  const message = `${displayPath(first, userHome)} belongs to ${userName(owner)}, and cannot be used${more}`;
  const hint = `sudo chown -R '#${process.geteuid?.() ?? ''}' ${displayPath(directory, userHome)}`;
  return { result: 'failed', subject: 'state', message, hint };
}

const leftBehind = (name: string): Check => ({
  result: 'warning',
  subject: 'outbox',
  message: `messages wait for ${name}, who is in no roster: the next agent of that name would get them`,
  hint: `fleet agent outbox ${name}`,
});

async function tryRoster(context: Context): Promise<{ roster: Roster | null; check: Check }> {
  try {
    const roster = await loadRoster(context);
    const shown = displayPath(context.paths.roster, context.paths.userHome);
    const count = roster.agents.length;
    const message = `${shown}: ${count} ${count === 1 ? 'agent' : 'agents'}`;
    return { roster, check: { result: 'ok', subject: 'roster', message } };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const [message = error.message] = error.message.split('\n');
    const told = message.startsWith('no roster')
      ? messageAndHint(error.message)
      : { message, hint: 'fleet validate' };
    return { roster: null, check: { result: 'failed', subject: 'roster', ...told } };
  }
}
