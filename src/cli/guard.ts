import { tmuxTmpdir, type Installation } from '../observers/installation.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';

/** What a command that acts would be refused for, or null. `stop` looks at the recorded socket, not the roster's. */
export function installationProblem(
  { paths, env }: Context,
  roster: Pick<Roster, 'socketName' | 'holderSession'> | null,
  installation: Installation,
): string | null {
  const { record, stale, missing, otherHome } = installation;
  if (otherHome !== null) {
    return `the units are installed for another home: ${otherHome}\nUse --mosaic-home ${otherHome}, or uninstall there first`;
  }
  if (missing || record === null) return 'the units are not installed\nRun: fleet install';
  const differences = [
    differs('home', record.home, paths.home),
    differs('roster', record.roster, paths.roster),
    differs('state directory', record.state, paths.state),
    differs('TMUX_TMPDIR', record.tmuxTmpdir ?? '(unset)', tmuxTmpdir(env) ?? '(unset)'),
    ...(roster === null
      ? []
      : [
          differs('tmux socket', record.socketName, roster.socketName),
          differs('holder session', record.holderSession, roster.holderSession),
        ]),
  ].filter((difference) => difference !== null);
  if (differences.length > 0) {
    const move = differences.some((text) => /^(tmux socket|holder session)/.test(text))
      ? 'To move the fleet there: fleet stop, fleet install, fleet start'
      : 'Nothing was done. To move the installation there: fleet stop, fleet install';
    return `installed for other values:\n  ${differences.join('\n  ')}\n${move}`;
  }
  if (stale.length > 0) {
    const list = stale.map(({ target }) => `  ${target}`).join('\n');
    return `installed files are missing or not of this version of fleet:\n${list}\nRun: fleet install`;
  }
  return null;
}

function differs(what: string, recorded: string, here: string): string | null {
  return recorded === here ? null : `${what}: installed for ${recorded}, this command has ${here}`;
}

/** @throws CommandFailure 69 */
export function requireInstallation(
  context: Context,
  roster: Pick<Roster, 'socketName' | 'holderSession'> | null,
  installation: Installation,
): void {
  const problem = installationProblem(context, roster, installation);
  if (problem !== null) throw new CommandFailure(ExitCode.unavailable, problem);
}
