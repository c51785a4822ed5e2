import { BenchFleet } from './bench-fleet.js';
import { counts } from './counts.js';
import { compare } from './measure.js';
import type { Row, Sample } from './row.js';
import { Supervisor } from './supervisor.js';

export interface Findings {
  readonly rows: readonly Row[];
  readonly apply: Sample;
}

/**
 * `plan` and `apply` with every agent running as the roster says, or every one suspended, beside supervisor in the same
 * state; and the counts.
 */
export async function nothingToDo(
  cli: string,
  size: number,
  repetitions: number,
  withRival: boolean,
  suspended = false,
): Promise<Findings> {
  const fleet = new BenchFleet(cli, size, suspended);
  const supervisor = withRival ? new Supervisor(size, suspended) : null;
  const state = suspended ? 'all suspended' : 'nothing to do';
  try {
    await fleet.install();
    await fleet.start();
    await supervisor?.start();
    const { plan, apply, update } = await compare(repetitions, {
      plan: fleet.fleet('plan'),
      apply: fleet.fleet('apply'),
      update: supervisor?.update() ?? null,
    });
    const rival = { name: 'supervisorctl update', sample: supervisor === null ? 'absent' : update } as const;
    return {
      rows: [
        { kind: 'time', what: `plan, ${state}`, size, ours: plan, rival, budget: 0.75 },
        { kind: 'time', what: `apply, ${state}`, size, ours: apply, rival, budget: 0.75 },
        ...(await counts(fleet, size)),
      ],
      apply,
    };
  } finally {
    await supervisor?.stop();
    await fleet.dispose();
  }
}
