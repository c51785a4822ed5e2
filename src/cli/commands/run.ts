import { setTimeout as delay } from 'node:timers/promises';
import { eventFiles } from '../../actuators/event-log.js';
import { writeStatusRecord } from '../../actuators/status-record.js';
import type { World } from '../../controller/assess.js';
import { Loop } from '../../controller/loop.js';
import { Reconciler } from '../../controller/reconciler.js';
import { TurnWatch } from '../../controller/turn.js';
import { goesToJournal } from '../../host/journal.js';
import { acquireLock, type LockOwner } from '../../host/lock.js';
import { controllerLock } from '../../host/paths.js';
import { Notifier } from '../../host/notify.js';
import { readEvents } from '../../observers/event-log.js';
import { readExitRecord } from '../../observers/exit-record.js';
import { observeInstallation } from '../../observers/installation.js';
import { readStatusRecord } from '../../observers/status-record.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import type { Context } from '../context.js';
import { aggregating } from '../event-record.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireInstallation } from '../guard.js';
import { ConditionKeeper } from '../run/condition-keeper.js';
import { hostPort, later } from '../run/host-port.js';
import { pacedLooks } from '../run/paced-looks.js';
import { ControllerLog } from '../run/log.js';
import { metered, timed } from '../run/metered.js';
import { metricsWanted, type MetricsOptions } from '../run/metrics-options.js';
import { openMetrics } from '../run/open-metrics.js';
import { takeReloadRequest } from '../run/reload-request.js';
import { RosterMemory } from '../run/roster-memory.js';
import { Sources } from '../run/sources.js';
import { Postman } from '../talk/postman.js';
import { SystemdReports } from '../run/systemd-reports.js';

/** Between the starts of looks at the host, and of passes. */
const lookGapMs = 50;
const usualResyncMs = 15_000;
/** For everything that is under way, a look at a host that does not answer included. Below the unit's TimeoutStopSec. */
const drainMs = 20_000;

export interface RunOptions extends MetricsOptions {
  /** For tests: another time between looks, milliseconds. */
  readonly resync?: number;
}

interface InForce {
  /** Why the roster's file is not the one in force, or null. */
  problem: string | null;
  revision: string | null;
  /** What the last look has shown of a host that may be acted upon. */
  world: World | null;
}

const serverSeen = (world: World | null): boolean =>
  world?.observed.tmux.known === true && world.observed.tmux.value !== null;

const sooner = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);

/** The controller. Stopping it stops no agent; the next start takes over what runs. */
export async function runCommand(given: Context, options: RunOptions): Promise<ExitCode> {
  const { paths, env, exec } = given;
  const looks = pacedLooks(exec, lookGapMs);
  const context: Context = {
    ...given,
    record: aggregating(given.record),
    look: (socket) => looks.take(socket),
  };
  const resyncMs = options.resync ?? usualResyncMs;
  const wanted = metricsWanted(options, env);
  const installation = observeInstallation(paths, parseEnvironmentFile);
  requireInstallation(context, null, installation);
  const succession: { by: LockOwner | null; end: () => void } = { by: null, end: () => undefined };
  const single = await acquireLock(controllerLock(paths), 'fleet run', 0, {
    lasting: true,
    lost: (by) => {
      succession.by = by;
      succession.end();
    },
  });
  if (single.kind === 'held') {
    throw new CommandFailure(ExitCode.timeout, `a controller is running already: pid ${single.owner.pid}`);
  }
  const log = new ControllerLog({
    print: context.print,
    journal: goesToJournal(1, env),
    now: context.now,
    record: (event) => context.record([event]),
    lastLines: (agent) => readExitRecord(paths, agent)?.lines ?? [],
    told: new Set(
      readEvents(eventFiles(paths.state)).flatMap(({ type, details: { invocation } }) =>
        type === 'ended' && typeof invocation === 'string' ? [invocation] : [],
      ),
    ),
  });
  const conditions = new ConditionKeeper({
    recorded: readStatusRecord(paths.state),
    now: context.now,
    write: (record) => writeStatusRecord(paths.state, record),
    trouble: (message) => log.trouble('status', message),
  });
  // Below the resync, so that a change is told with it; twice as long is far below the unit's WatchdogSec, a look that takes
  // its 30 s included.
  const reports = new SystemdReports(new Notifier(exec, env), () => log.status, resyncMs * 0.7);
  const metrics = await openMetrics(wanted, log, context.now, resyncMs * 0.9);
  const memory = new RosterMemory(context);
  const wake = (): void => loop.wake();
  const postman = new Postman(context, wake, (message) => log.trouble('outbox', message));
  const inForce: InForce = { problem: null, revision: null, world: null };
  const watch = new TurnWatch(
    {
      event: (event) => log.event(event),
      trouble: (during, message) => log.trouble(during, message),
      rosterState: (problem, roster) => {
        const revision = roster?.revision ?? null;
        if (inForce.revision !== null && revision !== inForce.revision) reports.rosterChanged();
        Object.assign(inForce, { problem, revision });
        log.rosterState(problem, roster);
      },
      looked: (seen, plan, working) => {
        inForce.world = seen.refusal === null ? seen.world : null;
        log.looked(seen, plan, working);
        conditions.looked(seen, plan, working, inForce.problem);
      },
    },
    metrics,
  );
  const reconciler = new Reconciler(
    metered(
      hostPort(context, { roster: () => memory.look(), wake, report: watch, spokenTo: () => postman.atWork }),
      metrics,
    ),
  );
  const loop = new Loop(
    {
      pass: async () => {
        reports.began();
        watch.begin();
        const outcome = await timed(
          () => reconciler.pass(),
          () => watch.turn,
          metrics,
        );
        sources.follow(serverSeen(inForce.world));
        reports.passed(watch.turn.looked);
        const mailMs = inForce.world === null ? null : postman.deliver(inForce.world, reconciler.ending);
        return { ...outcome, nextMs: sooner(outcome.nextMs, mailMs) };
      },
      now: () => performance.now(),
      after: later,
      random: () => Math.random(),
    },
    { gapMs: lookGapMs, resyncMs },
  );
  const failed = (message: string): void => log.line(4, 'diagnostic', { during: 'watch', message });
  const sources = new Sources(context, installation.record?.socketName ?? '', memory, wake, failed);
  context.onReload(() => {
    reports.reloadAsked(takeReloadRequest(paths.state));
    memory.forget();
    wake();
  });
  log.line(5, 'controller_started', { pid: process.pid, roster: paths.roster });
  wake();
  await new Promise<void>((resolve) => {
    context.onInterrupt(resolve);
    succession.end = resolve;
  });
  // All of the state was removed, or put back from a copy, and another one has begun in that moment: each would count failures and
  // disruptions of its own, and deliver the mail.
  const message = succession.by === null ? null : `another controller has begun: pid ${succession.by.pid}`;
  if (message !== null) log.line(4, 'diagnostic', { during: 'lock', message });
  log.line(5, 'controller_stopping', { pid: process.pid });
  const drain = async (): Promise<void> => {
    await Promise.all([reports.stopping('finishing what is under way'), sources.close(), loop.stop()]);
    await Promise.all([reconciler.drained(), postman.drained()]);
  };
  await Promise.race([drain(), delay(drainMs)]);
  await metrics?.close();
  const left = reconciler.actingUpon;
  log.line(5, 'controller_stopped', { pid: process.pid, ...(left.length === 0 ? {} : { left }) });
  single.lock.release();
  // What is in systemd's hands goes on without us; the program that waits for it would keep Node until TimeoutStopSec.
  process.exit(message === null ? ExitCode.done : ExitCode.timeout);
}
