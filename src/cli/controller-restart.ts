import { lockOwner } from '../host/lock.js';
import { controllerLock } from '../host/paths.js';
import { showUnits } from '../observers/systemd.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';
import type { SystemdUnits } from '../actuators/systemd-units.js';

const unit = 'mosaic-fleet.service';

/** A controller that runs: systemd's, somebody's who started it by hand (its pid), or both, which then take turns. */
interface Running {
  readonly bySystemd: boolean;
  readonly byHand: number | null;
}

/**
 * Has the controller become what was just installed: it read its program when it started. One that systemd started is
 * restarted, which touches no agent; one that was started by hand is named.
 *
 * @throws CommandFailure 69 where systemd does not do it
 */
export async function renewController(
  context: Context,
  units: Pick<SystemdUnits, 'restartController'>,
  dryRun: boolean,
): Promise<void> {
  const { bySystemd, byHand } = await runningController(context);
  if (bySystemd && dryRun) context.print(`would restart ${unit}, the controller; no agent is touched`);
  if (bySystemd && !dryRun) {
    context.progress(`restarting ${unit}, the controller`);
    const failure = await units.restartController();
    if (failure !== null) {
      throw new CommandFailure(
        ExitCode.unavailable,
        `the files are in place, but the controller did not come up again: ${failure}\nsystemd goes on trying. See why: journalctl --user -u ${unit} -n 20`,
      );
    }
    context.print(`restarted ${unit}, the controller; no agent was touched`);
  }
  if (byHand !== null) {
    context.say(
      context.style.warn(
        `warning: the controller with pid ${byHand} was started by hand and ${dryRun ? 'would still be' : 'is still'} what it was\nEnd it (kill ${byHand}: no agent is touched) and start it again: fleet run`,
      ),
    );
  }
}

async function runningController({ paths, exec }: Context): Promise<Running> {
  const owner = lockOwner(controllerLock(paths));
  const shown = await showUnits(exec, [unit], ['MainPID']);
  if (!shown.known) {
    throw new CommandFailure(
      ExitCode.unavailable,
      `whether a controller runs cannot be told: ${shown.message}\nIf one does, run: systemctl --user try-restart ${unit}`,
    );
  }
  // Between two starts it has none, and the next start takes what is installed.
  const main = Number(shown.value.get(unit)?.['MainPID'] ?? 0);
  return { bySystemd: main > 0, byHand: owner === null || owner.pid === main ? null : owner.pid };
}
