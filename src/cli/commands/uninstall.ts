import * as fs from 'node:fs';
import * as path from 'node:path';
import { damagedManifest, readManifest } from '../../actuators/manifest.js';
import { removeInstallation } from '../../actuators/removal.js';
import { SystemdUnits } from '../../actuators/systemd-units.js';
import { hostAssets } from '../../host/assets.js';
import { fileProblem } from '../../host/atomic-file.js';
import { lockOwner } from '../../host/lock.js';
import { controllerLock, displayPath } from '../../host/paths.js';
import { observeOwner } from '../../observers/installation.js';
import { observeUnits } from '../../observers/systemd.js';
import { parseEnvironmentFile, withoutManagedBlock } from '../../roster/environment-file.js';
import type { Context } from '../context.js';
import { withLock } from '../execute.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireOwnInstallation } from '../guard.js';

const units = ['mosaic-tmux-holder.service', 'mosaic-fleet.service'];

export interface UninstallOptions {
  readonly purge?: true;
}

/**
 * Removes exactly what `install` wrote; refuses while anything of it runs. The roster is never removed, nor asked for: it may be
 * broken, or gone.
 */
export async function uninstallCommand(context: Context, options: UninstallOptions): Promise<ExitCode> {
  const owner = observeOwner(context.paths, parseEnvironmentFile);
  requireOwnInstallation(owner.record === null ? context : whereNamed(context, owner.record), null, owner);
  await requireStopped(context);
  if (enabledUnits(context).length === 0 && removed(context, options, true).length === 0) {
    context.print('Nothing was installed.');
    return ExitCode.done;
  }
  return withLock(context, 'fleet uninstall', async () => {
    // Somebody may have started agents meanwhile.
    const failed = await requireStopped(context);
    const code = await uninstall(context, options);
    await new SystemdUnits(context.exec).forgetFailed(failed);
    return code;
  });
}

/** With the roster that was recorded, unless the operator names one: the one by default may be another since it is gone. */
const whereNamed = (context: Context, { roster }: { readonly roster: string }): Context =>
  context.rosterGiven ? context : { ...context, paths: { ...context.paths, roster } };

/**
 * @returns agents whose units have failed
 * @throws CommandFailure 1 where something of fleet runs, 69 where that cannot be told
 */
async function requireStopped({ exec, paths }: Context): Promise<readonly string[]> {
  const observed = await observeUnits(exec);
  if (!observed.known)
    throw new CommandFailure(ExitCode.unavailable, `nothing was removed: ${observed.message}`);
  const { holder, controller, agents } = observed.value;
  const bySystemd = runs(controller?.active);
  // It would write its state anew, and go on for the next installation.
  const byHand = bySystemd ? null : lockOwner(controllerLock(paths));
  const running = [
    ...[...agents].filter(([, { active }]) => runs(active)).map(([agent]) => agent),
    ...(runs(holder?.active) ? ['the holder'] : []),
    ...(bySystemd ? ['the controller'] : []),
    ...(byHand === null ? [] : [`the controller with pid ${byHand.pid}, started by hand`]),
  ];
  const others = bySystemd
    ? ', systemctl --user stop mosaic-fleet.service'
    : byHand === null
      ? ''
      : `, kill ${byHand.pid}`;
  if (running.length > 0) {
    throw new CommandFailure(
      ExitCode.error,
      `still running: ${running.join(', ')}; nothing was removed\nStop them first: fleet stop (and by systemctl --user stop what fleet did not start)${others}`,
    );
  }
  return [...agents].filter(([, { active }]) => active === 'failed').map(([agent]) => agent);
}

function enabledUnits({ paths }: Context): readonly string[] {
  const wants = path.join(paths.units, 'default.target.wants');
  return units.filter((unit) => fs.existsSync(path.join(wants, unit)));
}

async function uninstall(context: Context, options: UninstallOptions): Promise<ExitCode> {
  const { paths, exec, print } = context;
  const systemd = new SystemdUnits(exec);
  const enabled = enabledUnits(context);
  const disabled = enabled.length === 0 ? null : await systemd.disable(enabled);
  if (disabled !== null) throw new CommandFailure(ExitCode.unavailable, `nothing was removed: ${disabled}`);
  const unknown = readManifest(paths).state === 'unknown';
  const changes = removed(context, options, false);
  for (const unit of enabled) print(`disabled ${unit}`);
  for (const { file, what } of changes)
    print(`removed ${what === 'replaced' ? "fleet's lines from " : ''}${displayPath(file, paths.userHome)}`);
  if (unknown)
    context.say(
      `the list of what install wrote could not be read; it is kept as ${displayPath(damagedManifest(paths), paths.userHome)}\nFiles of another version of fleet may be left`,
    );
  const failure = await systemd.reload();
  if (failure !== null)
    throw new CommandFailure(
      ExitCode.unavailable,
      `the files are removed, but systemd did not reload: ${failure}`,
    );
  return ExitCode.done;
}

/** @throws CommandFailure 1 where something cannot be removed */
function removed(
  { paths }: Context,
  { purge }: UninstallOptions,
  dryRun: boolean,
): ReturnType<typeof removeInstallation> {
  try {
    return removeInstallation(paths, {
      assets: hostAssets(paths),
      strip: withoutManagedBlock,
      purge: purge === true,
      dryRun,
    });
  } catch (error) {
    throw new CommandFailure(ExitCode.error, `cannot remove: ${fileProblem(error)}`);
  }
}

const runs = (active: string | undefined): boolean =>
  active !== undefined && active !== 'inactive' && active !== 'failed';
