import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { appendEvents } from '../../actuators/event-log.js';
import { Loop } from '../../controller/loop.js';
import { Reconciler } from '../../controller/reconciler.js';
import { acquireLock } from '../../host/lock.js';
import { Notifier } from '../../host/notify.js';
import { observeInstallation } from '../../observers/installation.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireInstallation } from '../guard.js';
import { hostPort, later } from '../run/host-port.js';
import { ControllerLog } from '../run/log.js';
import { RosterMemory } from '../run/roster-memory.js';
import { Sources } from '../run/sources.js';
import { SystemdReports } from '../run/systemd-reports.js';

const timings = { lookGapMs: 50, resyncMs: 15_000 };
const drainMs = 20_000;

/** The controller. Stopping it stops no agent; the next start takes over what runs. */
export async function runCommand(context: Context): Promise<ExitCode> {
  const { paths, env, exec } = context;
  const installation = observeInstallation(paths, parseEnvironmentFile);
  requireInstallation(context, null, installation);
  const single = await acquireLock(path.join(paths.state, 'locks', 'controller'), 'fleet run', 0);
  if (single.kind === 'held') {
    throw new CommandFailure(ExitCode.timeout, `a controller is running already: pid ${single.owner.pid}`);
  }
  const log = new ControllerLog(context.print, (env['JOURNAL_STREAM'] ?? '') !== '', context.now, (event) =>
    appendEvents(paths.state, [event]),
  );
  const reports = new SystemdReports(new Notifier(exec, env), () => log.status);
  const memory = new RosterMemory(context);
  const wake = (): void => loop.wake();
  const reconciler = new Reconciler(hostPort(context, { roster: () => memory.look(), report: log, wake }));
  const loop = new Loop(
    {
      pass: async () => {
        const outcome = await reconciler.pass();
        sources.follow(log.serverSeen);
        reports.passed();
        return outcome;
      },
      now: () => performance.now(),
      after: later,
      random: () => Math.random(),
    },
    timings,
  );
  log.onRosterChanged(() => reports.reloading());
  const failed = (message: string): void => log.line(4, 'diagnostic', { during: 'watch', message });
  const sources = new Sources(context, installation.record?.socketName ?? '', memory, wake, failed);
  process.on('SIGHUP', () => {
    reports.reloading();
    memory.forget();
    wake();
  });
  log.line(5, 'controller_started', { pid: process.pid, roster: paths.roster });
  wake();
  await new Promise<void>((resolve) => {
    context.onInterrupt(resolve);
  });
  await reports.stopping('finishing what is under way');
  await sources.close();
  await loop.stop();
  // Below the unit's TimeoutStopSec: what is in systemd's hands goes on without us.
  await Promise.race([reconciler.drained(), delay(drainMs, undefined, { ref: false })]);
  log.line(5, 'controller_stopped', { pid: process.pid });
  single.lock.release();
  return ExitCode.done;
}
