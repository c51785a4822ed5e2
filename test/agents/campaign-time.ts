import { randomUUID } from 'node:crypto';
import { Pane } from '../support/pane.js';
import type { CampaignFleet } from './campaign-fleet.js';
import { controllerRuns } from './campaign-hands.js';

/** Medians in ms, of so many rounds each, taken in turns. */
export interface Times {
  /** From SIGKILL until the controller's successor is ready. */
  readonly controller: number;
  /** From the start of `fleet apply`, with the agent dead, until it is ready. */
  readonly apply: number;
  /** From the start of the runtime's own resume, in a bare pane as large as an agent's, after the same death, until it is ready. */
  readonly hand: number;
  readonly told: string;
}

const patienceMs = 60_000;

const median = (values: readonly number[]): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);

/** Ends the idle agent `a` again and again. Printed, never judged: a loaded machine is no fault. */
export async function takeTimes(fleet: CampaignFleet, rounds: number): Promise<Times> {
  const taken: Readonly<Record<'controller' | 'apply' | 'hand', number[]>> = {
    ...{ controller: [], apply: [], hand: [] },
  };
  const kill = async (): Promise<number> => {
    await fleet.idle();
    const pid = (await fleet.sandbox.pids())['a'] ?? Number.NaN;
    process.kill(pid, 'SIGKILL');
    return pid;
  };
  for (let round = 0; round < rounds; round += 1) {
    await controllerRuns(fleet, true);
    await fleet.idle();
    let before = await kill();
    let from = performance.now();
    taken.controller.push((await readyAt(fleet.pane('a'), fleet, before)) - from);

    await controllerRuns(fleet, false);
    // `reset_after`: an end before that counts, and the next start waits.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    before = await kill();
    await fleet.ended(['a']);
    from = performance.now();
    const applying = fleet.must([0], 'apply');
    taken.apply.push((await readyAt(fleet.pane('a'), fleet, before)) - from);
    await applying;

    const words = await fleet.byHand('a');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await kill();
    await fleet.ended(['a']);
    taken.hand.push(await byHand(fleet, words));
    await fleet.must([0], 'start', 'a');
  }
  const [controller, apply, hand] = [median(taken.controller), median(taken.apply), median(taken.hand)];
  const ratio = (value: number): string => `${value} ms (${(value / hand).toFixed(2)} ×)`;
  const told =
    `its own resume by hand until ready ${hand} ms; from SIGKILL until ready under the controller ${ratio(controller)}, ` +
    `by fleet apply ${ratio(apply)}; medians of ${rounds}`;
  return { controller, apply, hand, told };
}

/** Asked in one call, and often: what waits in steps of 25 ms, or starts two programs each time, measures that. */
async function readyAt(pane: Pane, fleet: CampaignFleet, before: number | null): Promise<number> {
  const end = performance.now() + patienceMs;
  while (performance.now() < end) {
    const screen = pane.glance();
    if (screen !== null && screen.pid !== before && fleet.isReady(screen)) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  throw new Error(`not ready within ${patienceMs} ms`);
}

async function byHand(fleet: CampaignFleet, words: readonly string[]): Promise<number> {
  const socket = `hand-${randomUUID().slice(0, 8)}`;
  // As large as agent-run.sh makes an agent's: what is drawn has its price.
  const size = { width: 220, height: 50 };
  const from = performance.now();
  const pane = Pane.start(socket, '/dev/null', size, fleet.work, words, fleet.agent.env);
  try {
    return (await readyAt(pane, fleet, null)) - from;
  } finally {
    pane.end();
    pane.endServer();
  }
}
