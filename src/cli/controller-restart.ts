import * as fs from 'node:fs';
import { lockOwner } from '../host/lock.js';
import { controllerLock } from '../host/paths.js';
import { startedAtOf } from '../host/process.js';
import { showUnits } from '../observers/systemd.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';
import type { SystemdUnits } from '../actuators/systemd-units.js';

const unit = 'mosaic-fleet.service';

/** A controller that runs: systemd's, somebody's who started it by hand (its pid), or both, which then take turns. */
interface Running {
  readonly main: number | null;
  readonly byHand: number | null;
}

/** More than what its start is known to, and less than a restart takes. */
const startMs = 40;

/**
 * Has the controller become what is installed: it read its program when it started. One that systemd started is
 * restarted, which touches no agent; one that was started by hand is named.
 *
 * @param files what it is made of. One that is older than any of them is outdated, whoever wrote it: an install may have been
 *   cut short before it came to the restart, and a package is replaced by its own means
 * @throws CommandFailure 69 where systemd does not do it
 */
export async function renewController(
  context: Context,
  units: Pick<SystemdUnits, 'restartController'>,
  { files, changed, dryRun }: Renewal,
): Promise<void> {
  const running = await runningController(context);
  const newest = Math.max(...files.map(changedAt).filter((time) => time <= context.now()));
  const outdated = (pid: number): boolean => changed || newest > (startedAtOf(pid) ?? Infinity) + startMs;
  const bySystemd = running.main !== null && outdated(running.main);
  const byHand = running.byHand !== null && outdated(running.byHand) ? running.byHand : null;
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

export interface Renewal {
  /** Absolute paths. */
  readonly files: readonly string[];
  /** Whether some of them were just changed, or would be. */
  readonly changed: boolean;
  readonly dryRun: boolean;
}

/** When a file was written or put in its place, epoch milliseconds; 0: it is not there. */
const changedAt = (file: string): number => fs.statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? 0;

/** @throws CommandFailure 69 where that cannot be told */
export async function runningController({ paths, exec }: Context): Promise<Running> {
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
  return { main: main > 0 ? main : null, byHand: owner === null || owner.pid === main ? null : owner.pid };
}
