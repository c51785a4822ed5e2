import { tmuxTmpdir, type Installation, type InstallRecord, type Owner } from '../observers/installation.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';
import { typed, wayToMove } from './typed.js';

type Sockets = Pick<Roster, 'socketName' | 'holderSession'>;

/** Where what `install` recorded is not what this command would work with; one line each. */
export function recordedDifferences(
  { paths, env }: Context,
  roster: Sockets | null,
  record: InstallRecord,
): readonly string[] {
  return [
    differs('home', record.home, paths.home),
    differs('roster', record.roster, paths.roster),
    differs('state directory', record.state, paths.state),
    differs('unit directory', record.units, paths.units),
    differs('TMUX_TMPDIR', record.tmuxTmpdir ?? '(unset)', tmuxTmpdir(env) ?? '(unset)'),
    ...(roster === null
      ? []
      : [
          differs('tmux socket', record.socketName, roster.socketName),
          differs('holder session', record.holderSession, roster.holderSession),
        ]),
  ].filter((difference) => difference !== null);
}

function differs(what: string, recorded: string, here: string): string | null {
  return recorded === here ? null : `${what}: installed for ${recorded}, this command has ${here}`;
}

/**
 * Why a valid roster is not put in force, or null: what runs is on the recorded socket, and would be out of sight. Its first
 * line says it all.
 */
export function moveProblem(
  roster: Sockets,
  { record, otherHome }: Pick<Owner, 'record' | 'otherHome'>,
): string | null {
  if (record === null || otherHome !== null) return null;
  const moved = [
    moves('tmux.socket_name', record.socketName, roster.socketName),
    moves('tmux.holder_session', record.holderSession, roster.holderSession),
  ].filter((one) => one !== null);
  return moved.length === 0
    ? null
    : `${moved.join(', ')}: to move the fleet there: fleet stop, fleet install, fleet start`;
}

const moves = (field: string, recorded: string, wanted: string): string | null =>
  recorded === wanted ? null : `${field} is ${wanted}, but the fleet is installed for ${recorded}`;

/** Why this command has no business with the fleet that is installed, or null. Not installed at all is no reason. */
function foreignInstallation(
  context: Context,
  roster: Sockets | null,
  { record, otherHome, unreadable }: Owner,
): string | null {
  if (unreadable !== null)
    return `what the fleet is installed for cannot be told: ${unreadable}\nRepair it, or move it away and run: ${typed(context, 'install')}`;
  if (otherHome !== null) {
    return `the units are installed for another home: ${otherHome}\nUse --mosaic-home ${otherHome}, or uninstall there first`;
  }
  if (record === null) return null;
  const differences = recordedDifferences(context, roster, record);
  return differences.length === 0
    ? null
    : `installed for other values:\n  ${differences.join('\n  ')}\nNothing was done. To move the fleet there: ${wayToMove(context, record).join(', ')}`;
}

/** Whether no trace of any fleet is there. */
export const neverInstalled = ({ record, otherHome, unreadable }: Owner): boolean =>
  record === null && otherHome === null && unreadable === null;

/** What a command that acts on agents would be refused for, or null. `stop` looks at the recorded socket, not the roster's. */
export function installationProblem(
  context: Context,
  roster: Sockets | null,
  installation: Installation,
): string | null {
  const { record, stale, missing, otherHome, unreadable } = installation;
  if (unreadable === null && otherHome === null && (missing || record === null))
    return `the units are not installed\nRun: ${typed(context, 'install')}`;
  const foreign = foreignInstallation(context, roster, installation);
  if (foreign !== null) return foreign;
  if (stale.length > 0) {
    return `installed files are missing or not of this version of fleet:\n${fileList(stale)}\nRun: ${typed(context, 'install')}`;
  }
  return null;
}

/** After an upgrade it is nearly all of them, and their names say no more than how many there are. */
function fileList(stale: Installation['stale']): string {
  const shown = stale.slice(0, 3).map(({ target }) => `  ${target}`);
  const rest = stale.length - shown.length;
  return [...shown, ...(rest === 0 ? [] : [`  and ${rest} more`])].join('\n');
}

/** @throws CommandFailure 69 where nothing is installed, or something else */
export function requireInstallation(
  context: Context,
  roster: Sockets | null,
  installation: Installation,
): void {
  const problem = installationProblem(context, roster, installation);
  if (problem !== null) throw new CommandFailure(ExitCode.unavailable, problem);
}

/**
 * For commands that write down the operator's word, or talk to agents.
 *
 * @param roster by which agents are talked to; null: no session is touched
 * @throws CommandFailure 69 where it would reach another fleet
 */
export function requireOwnInstallation(context: Context, roster: Sockets | null, installation: Owner): void {
  const problem = foreignInstallation(context, roster, installation);
  if (problem !== null) throw new CommandFailure(ExitCode.unavailable, problem);
}
