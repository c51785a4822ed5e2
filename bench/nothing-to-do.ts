import { BenchFleet } from './bench-fleet.js';
import { counts } from './counts.js';
import { allOf, compare } from './measure.js';
import { Pm2 } from './pm2.js';
import type { Rivals } from './rivals.js';
import type { Row, Sample } from './row.js';
import { Supervisor } from './supervisor.js';

/** pm2 restarts one after another, 70 ms each: a fleet of 300 would take five minutes and show the same. */
const mostReloaded = 100;

export interface Findings {
  readonly rows: readonly Row[];
  readonly apply: Sample;
}

/**
 * `plan` and `apply` with every agent running as the roster says, or every one suspended, beside supervisor in the same
 * state, and beside pm2, which knows no other state than running; and the counts.
 */
export async function nothingToDo(
  cli: string,
  size: number,
  repetitions: number,
  rivals: Rivals,
  suspended = false,
): Promise<Findings> {
  const fleet = new BenchFleet(cli, size, suspended);
  const supervisor = rivals.supervisor === null ? null : new Supervisor(size, suspended);
  const pm2 = rivals.pm2 === null || suspended ? null : new Pm2(size);
  const state = suspended ? 'all suspended' : 'nothing to do';
  try {
    await fleet.install();
    await fleet.start();
    await supervisor?.start();
    await pm2?.start();
    const { plan, apply, update, reload, list } = await compare(repetitions, {
      plan: fleet.fleet('plan'),
      apply: fleet.fleet('apply'),
      update: supervisor?.update() ?? null,
      reload: size > mostReloaded ? null : (pm2?.reload() ?? null),
      list: pm2?.list() ?? null,
    });
    const rival = { name: 'supervisorctl update', sample: supervisor === null ? 'absent' : update } as const;
    const besidePm2 = (what: string, ours: Sample, name: string, sample: Sample): Row => ({
      ...{ kind: 'time', what, size, ours, budget: null },
      rival: { name, sample: pm2 === null ? 'absent' : sample },
    });
    const [planned, applied] = [`plan, ${state}`, `apply, ${state}`];
    return {
      rows: [
        { kind: 'time', what: planned, size, ours: plan, rival, budget: 0.75 },
        ...(suspended ? [] : [besidePm2(planned, plan, 'pm2 list', list)]),
        { kind: 'time', what: applied, size, ours: apply, rival, budget: 0.75 },
        ...(suspended || size > mostReloaded
          ? []
          : [besidePm2(applied, apply, 'pm2 startOrReload (restarts all)', reload)]),
        ...(await counts(fleet, size)),
      ],
      apply,
    };
  } finally {
    await allOf(
      () => pm2?.stop(),
      () => supervisor?.stop(),
      () => fleet.dispose(),
    );
  }
}
