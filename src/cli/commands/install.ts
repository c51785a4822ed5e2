import * as fs from 'node:fs';
import * as path from 'node:path';
import { installFiles, type FileChange } from '../../actuators/installation.js';
import { SystemdUnits } from '../../actuators/systemd-units.js';
import { hostAssets, programFile } from '../../host/assets.js';
import { namedProblem } from '../../host/atomic-file.js';
import { displayPath } from '../../host/paths.js';
import { showUnitPath, showUnits } from '../../observers/systemd.js';
import { lingers } from '../../observers/linger.js';
import { renderEnvironmentFile } from '../../roster/environment-file.js';
import type { Context } from '../context.js';
import { renewController, type Renewal } from '../controller-restart.js';
import { withLock } from '../execute.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { recordedDifferences } from '../guard.js';
import { typed, wayToMove } from '../typed.js';
import { observe, type Pass } from '../pass.js';
import { recordedEnvironment } from '../recorded-environment.js';
import { stateMove } from '../state-move.js';

export interface InstallOptions {
  readonly enable?: true;
  readonly dryRun?: true;
}

const bootUnits = ['mosaic-tmux-holder.service', 'mosaic-fleet.service'];

/** Puts units and tools on the host and records for what values. A second run changes nothing. */
export async function installCommand(context: Context, options: InstallOptions): Promise<ExitCode> {
  const pass = await observe(context);
  requireInstallable(context, pass);
  const read = await showUnitPath(context.exec);
  if (read !== null && !read.includes(context.paths.units)) {
    throw new CommandFailure(
      ExitCode.unavailable,
      `nothing was installed: your user manager reads no units from ${context.paths.units}\nXDG_CONFIG_HOME here is not what it was when the manager was started`,
    );
  }
  if (options.dryRun === true) {
    const changes = await writeFiles(context, pass, true);
    report(context, changes, true);
    await renewController(context, new SystemdUnits(context.exec), renewal(context, changes, true));
    return ExitCode.done;
  }
  const changes = await withLock(context, 'fleet install', () => writeFiles(context, pass, false));
  report(context, changes, false);
  const units = new SystemdUnits(context.exec);
  const unitsChanged = changes.some(({ file }) => file.startsWith(`${context.paths.units}/`));
  const failure =
    (unitsChanged || (await isBehind(context)) ? await units.reload() : null) ??
    (options.enable === true ? await enable(context, units) : null);
  if (failure !== null)
    throw new CommandFailure(
      ExitCode.unavailable,
      `the files are in place, but systemd did not take them: ${failure}\nWhen it answers again, run: systemctl --user daemon-reload && systemctl --user try-restart mosaic-fleet.service${options.enable === true ? ` && ${typed(context, 'install --enable')}` : ''}`,
    );
  await renewController(context, units, renewal(context, changes, false));
  if (!lingers()) {
    context.say(
      context.style.warn(
        'warning: lingering is off: systemd ends every agent about 10 s after your last logout\nTurn it on with: loginctl enable-linger',
      ),
    );
  }
  return ExitCode.done;
}

/** Whether systemd has not read units as they are, e.g. since an install was cut short. */
async function isBehind({ exec }: Context): Promise<boolean> {
  const shown = await showUnits(exec, [...bootUnits, 'mosaic-agent@*.service'], ['NeedDaemonReload']);
  return shown.known && [...shown.value.values()].some((unit) => unit['NeedDaemonReload'] === 'yes');
}

const renewal = ({ paths }: Context, changes: readonly FileChange[], dryRun: boolean): Renewal => ({
  files: [...hostAssets(paths).map(({ target }) => target), paths.environment, programFile()],
  changed: changes.length > 0,
  dryRun,
});

/** @throws CommandFailure 69 where installing would pull units from under a running fleet, or leave conversations behind */
function requireInstallable(context: Context, { world, installation }: Pass): void {
  const { record, otherHome, unreadable } = installation;
  if (unreadable !== null)
    throw new CommandFailure(
      ExitCode.unavailable,
      `nothing was installed: ${unreadable}\nRepair it, or move it away and run this again`,
    );
  if (otherHome !== null) {
    throw new CommandFailure(
      ExitCode.unavailable,
      `the units are installed for another home: ${otherHome}\nThere is one fleet per user manager. Remove that one first: fleet --mosaic-home ${otherHome} uninstall`,
    );
  }
  const { units, tmux } = world.observed;
  if (!units.known) throw new CommandFailure(ExitCode.unavailable, `nothing was installed: ${units.message}`);
  if (!tmux.known && tmux.message.includes('not installed')) {
    throw new CommandFailure(ExitCode.unavailable, `nothing was installed: ${tmux.message}`);
  }
  const differences = record === null ? [] : recordedDifferences(context, world.roster, record);
  const move = record === null ? null : stateMove(record.state, context.paths.state, context.now());
  // One that finds no hold any more would start everything anew.
  const controller = move !== null && runs(units.value.controller?.active);
  const controllers = (verb: string): readonly string[] =>
    controller ? [`systemctl --user ${verb} mosaic-fleet.service`] : [];
  const before = [...controllers('stop'), ...(move === null ? [] : [move.command])];
  if (record !== null && runs(units.value.holder?.active) && differences.length > 0) {
    const way = [...wayToMove(context, record, before), ...controllers('start')];
    throw new CommandFailure(
      ExitCode.unavailable,
      `the fleet runs, installed for other values:\n  ${differences.join('\n  ')}\nNothing was installed. Move it with: ${way.join(', ')}`,
    );
  }
  if (move !== null) {
    throw new CommandFailure(
      ExitCode.unavailable,
      `another state directory, ${move.to}, has none of the ${listed(move.left)} in the recorded one, ${move.from}\nNothing was installed. Take them along: ${[...before, typed(context, 'install'), ...controllers('start')].join(', ')}\nOr set XDG_STATE_HOME as it was`,
    );
  }
}

const runs = (active = 'inactive'): boolean => active !== 'inactive' && active !== 'failed';

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;

async function writeFiles(
  context: Context,
  { world }: Pass,
  dryRun: boolean,
): Promise<readonly FileChange[]> {
  const { paths } = context;
  const environment = recordedEnvironment(context, world.roster);
  try {
    return await Promise.resolve(
      installFiles(paths, { assets: hostAssets(paths), environment, dryRun }, renderEnvironmentFile),
    );
  } catch (error) {
    throw new CommandFailure(ExitCode.error, `cannot install: ${namedProblem(error)}`);
  }
}

async function enable(context: Context, units: SystemdUnits): Promise<string | null> {
  const wants = path.join(context.paths.units, 'default.target.wants');
  const missing = bootUnits.filter((unit) => !fs.existsSync(path.join(wants, unit)));
  if (missing.length === 0) return null;
  const failure = await units.enable(missing);
  if (failure === null) for (const unit of missing) context.print(`enabled ${unit}`);
  return failure;
}

function report(context: Context, changes: readonly FileChange[], dryRun: boolean): void {
  const { print, paths } = context;
  if (changes.length === 0) print('Nothing to install: everything is in place.');
  for (const { what, file } of changes) {
    const verb = dryRun
      ? { written: 'would write', replaced: 'would replace', removed: 'would remove' }[what]
      : what;
    print(`${verb} ${displayPath(file, paths.userHome)}`);
  }
  if (changes.length > 0 && !dryRun)
    print(
      `Installed for ${displayPath(paths.roster, paths.userHome)}. Next: ${typed(context, 'plan')}, ${typed(context, 'apply')}`,
    );
}
