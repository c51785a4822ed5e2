import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { appendEvents } from '../../actuators/event-log.js';
import { Loop } from '../../controller/loop.js';
import { acquireLock } from '../../host/lock.js';
import { Notifier } from '../../host/notify.js';
import { directoryIdentity, isNoRosterMatter, isNoWord, watchDirectory } from '../../observers/file-watch.js';
import { observeInstallation } from '../../observers/installation.js';
import { watchTmux } from '../../observers/tmux-events.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireInstallation } from '../guard.js';
import { Controller } from '../run/controller.js';
import { ControllerLog } from '../run/log.js';

const timings = { minGapMs: 50, resyncMs: 15_000 };
const drainMs = 20_000;
/** systemd is told at most so often that all is well. */
const aliveMs = 10_000;

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
  const notifier = new Notifier(exec, env);
  const reports = { ready: false, lastAlive: -Infinity, reload: false };
  const controller = new Controller(context, log, () => loop.wake());
  const loop = new Loop(
    {
      pass: async () => {
        const next = await controller.pass();
        // A link to the roster's directory may have been turned to another one.
        if (directoryIdentity(directory) !== rosterWatch.identity) {
          await rosterWatch.watch.close();
          rosterWatch = watchRoster();
        }
        const now = performance.now();
        if (!reports.ready) await notifier.ready(log.status);
        else if (reports.reload) await notifier.reloaded(log.status);
        else if (now - reports.lastAlive >= aliveMs) await notifier.alive(log.status);
        else return next;
        Object.assign(reports, { ready: true, reload: false, lastAlive: now });
        return next;
      },
      now: () => performance.now(),
      after: (ms, callback) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      random: () => Math.random(),
    },
    timings,
  );
  const wake = (): void => loop.wake();
  const failed = (message: string): void => log.line(4, 'diagnostic', { during: 'watch', message });
  fs.mkdirSync(paths.state, { recursive: true, mode: 0o700 });
  const directory = path.dirname(paths.roster);
  const matters = isNoRosterMatter(path.basename(paths.roster), () => controller.templates());
  const watchRoster = () => ({
    identity: directoryIdentity(directory),
    watch: watchDirectory(directory, matters, wake, failed),
  });
  const stateWatch = watchDirectory(paths.state, isNoWord, wake, failed);
  let rosterWatch = watchRoster();
  const events = watchTmux(installation.record?.socketName ?? '', wake);
  process.on('SIGHUP', () => {
    void notifier.reloading().then(() => {
      reports.reload = true;
      wake();
    });
  });
  log.line(5, 'controller_started', { pid: process.pid, roster: paths.roster });
  wake();
  await new Promise<void>((resolve) => {
    context.onInterrupt(resolve);
  });
  await notifier.stopping('finishing what is under way');
  events.close();
  await Promise.all([rosterWatch.watch.close(), stateWatch.close()]);
  await loop.stop();
  // Below the unit's TimeoutStopSec: what is in systemd's hands goes on without us.
  await Promise.race([controller.drained(), delay(drainMs, undefined, { ref: false })]);
  log.line(5, 'controller_stopped', { pid: process.pid });
  single.lock.release();
  return ExitCode.done;
}
