import * as fs from 'node:fs';
import * as path from 'node:path';
import { purge, removeLimits, uninstallFiles } from '../../actuators/installation.js';
import { SystemdUnits } from '../../actuators/systemd-units.js';
import { fileProblem } from '../../host/atomic-file.js';
import { displayPath } from '../../host/paths.js';
import { observeInstallation } from '../../observers/installation.js';
import { observeUnits } from '../../observers/systemd.js';
import { parseEnvironmentFile, withoutManagedBlock } from '../../roster/environment-file.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';

const units = ['mosaic-tmux-holder.service', 'mosaic-fleet.service'];

/** Removes exactly what `install` wrote; refuses while anything of it runs. The roster is never removed. */
export async function uninstallCommand(
  context: Context,
  options: { readonly purge?: true },
): Promise<ExitCode> {
  const { paths, exec, print } = context;
  const { otherHome } = observeInstallation(paths, parseEnvironmentFile);
  if (otherHome !== null) {
    throw new CommandFailure(
      ExitCode.unavailable,
      `the units are installed for another home: ${otherHome}\nNothing was removed`,
    );
  }
  const observed = await observeUnits(exec);
  if (!observed.known)
    throw new CommandFailure(ExitCode.unavailable, `nothing was removed: ${observed.message}`);
  const { holder, controller, agents } = observed.value;
  const running = [
    ...[...agents].filter(([, { active }]) => runs(active)).map(([agent]) => agent),
    ...(runs(holder?.active) ? ['the holder'] : []),
    ...(runs(controller?.active) ? ['the controller'] : []),
  ];
  if (running.length > 0) {
    throw new CommandFailure(
      ExitCode.error,
      `still running: ${running.join(', ')}; nothing was removed\nStop them first: fleet stop (and by systemctl --user stop what fleet did not start)${runs(controller?.active) ? ', systemctl --user stop mosaic-fleet.service' : ''}`,
    );
  }
  const wants = path.join(paths.units, 'default.target.wants');
  const enabled = units.filter((unit) => fs.existsSync(path.join(wants, unit)));
  const systemd = new SystemdUnits(exec);
  const disabled = enabled.length === 0 ? null : await systemd.disable(enabled);
  if (disabled !== null) throw new CommandFailure(ExitCode.unavailable, `nothing was removed: ${disabled}`);
  let removed;
  try {
    removed = [
      ...uninstallFiles(paths, withoutManagedBlock),
      ...removeLimits(paths),
      ...(options.purge === true ? purge(paths) : []),
    ];
  } catch (error) {
    throw new CommandFailure(ExitCode.error, `cannot remove: ${fileProblem(error)}`);
  }
  for (const unit of enabled) print(`disabled ${unit}`);
  for (const { file, what } of removed)
    print(`removed ${what === 'replaced' ? "fleet's lines from " : ''}${displayPath(file, paths.userHome)}`);
  if (removed.length === 0) print('Nothing was installed.');
  else {
    const failure = await systemd.reload();
    if (failure !== null)
      throw new CommandFailure(
        ExitCode.unavailable,
        `the files are removed, but systemd did not reload: ${failure}`,
      );
  }
  return ExitCode.done;
}

const runs = (active: string | undefined): boolean =>
  active !== undefined && active !== 'inactive' && active !== 'failed';
