import type { Plan, PlannedAction } from '../../controller/action.js';
import { noWords } from '../../controller/gate.js';
import { plan as planOf } from '../../controller/plan.js';
import { restrict } from '../../controller/restrict.js';
import { acquireLock, type Lock } from '../../host/lock.js';
import type { Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { carryOut } from '../execute.js';
import { installationProblem } from '../guard.js';
import { observe, type Pass } from '../pass.js';
import type { ControllerLog } from './log.js';
import { nextLookMs } from './next-look.js';
import { RosterMemory } from './roster-memory.js';

/** An agent is taken out only once the file has been unchanged for so long: an editor may not be done yet. */
const removalDelayMs = 1000;
/** Another command is at work: it is looked again soon. */
const lockRetryMs = 250;

/**
 * Makes the roster true and keeps it true: the same observe, plan and apply as the commands. Agents that are being acted
 * upon are left out of further passes until that has ended, so that one slow stop keeps nobody waiting.
 */
export class Controller {
  readonly #context: Context;
  readonly #log: ControllerLog;
  readonly #wake: () => void;
  readonly #roster: RosterMemory;
  readonly #inFlight = new Map<string, Promise<void>>();
  #lock: Lock | null = null;
  #launching = 0;

  constructor(context: Context, log: ControllerLog, wake: () => void) {
    this.#context = context;
    this.#log = log;
    this.#wake = wake;
    this.#roster = new RosterMemory(context);
  }

  /** One pass. @returns milliseconds after which the next is due at the latest, or null */
  async pass(): Promise<number | null> {
    try {
      return await this.#pass();
    } catch (error) {
      // The loop goes on whatever one pass ran into; the next one looks again.
      this.#log.trouble('pass', error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  /** Resolves once nothing is being acted upon any more. */
  async drained(): Promise<void> {
    await Promise.all(this.#inFlight.values());
  }

  async #pass(): Promise<number | null> {
    const { roster, problem, settledMs } = this.#roster.look();
    this.#log.rosterState(problem, roster?.revision ?? null);
    if (roster === null) return null;
    const look = async (): Promise<{ pass: Pass; plan: Plan }> => {
      const pass = await observe(this.#context, { roster });
      return { pass, plan: this.#mine(planOf(pass.world, noWords, this.#context.now()), roster, settledMs) };
    };
    let { pass, plan } = await look();
    const refusal = installationProblem(this.#context, roster, pass.installation);
    this.#log.standing(plan, refusal);
    if (refusal !== null) return null;
    const removal = settledMs < removalDelayMs ? removalDelayMs - settledMs : null;
    const next = nearest(nextLookMs(plan, this.#context.now()), removal);
    if (!hasWork(plan)) return next;
    if (this.#lock === null) {
      const locked = await acquireLock(this.#context.paths.lock, 'fleet run', 0);
      if (locked.kind === 'held') return lockRetryMs;
      this.#lock = locked.lock;
      ({ pass, plan } = await look());
      if (!hasWork(plan)) {
        this.#unlockIfIdle();
        return next;
      }
    }
    this.#begin(pass, plan);
    return next;
  }

  /** What this pass may do: nothing to agents in flight, no removal from a file that is still moving. */
  #mine(plan: Plan, roster: Roster, settledMs: number): Plan {
    const pacing = roster.startSpacingMs > 0 && this.#launching > 0;
    return restrict(plan, ({ agent, action, reasons }) => {
      if (this.#inFlight.has(agent)) return false;
      if (pacing && action !== 'stop' && action !== 'update') return false;
      return settledMs >= removalDelayMs || !reasons.some(({ code }) => code === 'NotInRoster');
    });
  }

  #begin(pass: Pass, plan: Plan): void {
    const agents = plan.actions.filter(isReady).map(({ agent }) => agent);
    const launches = plan.actions.some((action) => isReady(action) && action.action !== 'stop') ? 1 : 0;
    this.#launching += launches;
    const work = carryOut(this.#context, plan, pass, (event) => this.#log.event(event))
      .then(
        () => undefined,
        (error: unknown) =>
          this.#log.trouble('apply', error instanceof Error ? error.message : String(error)),
      )
      .then(() => {
        for (const agent of agents) this.#inFlight.delete(agent);
        this.#launching -= launches;
        this.#unlockIfIdle();
        this.#wake();
      });
    for (const agent of agents) this.#inFlight.set(agent, work);
  }

  #unlockIfIdle(): void {
    if (this.#inFlight.size > 0) return;
    this.#lock?.release();
    this.#lock = null;
  }
}

const isReady = ({ gate }: PlannedAction): boolean => gate.kind === 'ready';
const hasWork = (plan: Plan): boolean => plan.actions.some(isReady);

const nearest = (...waits: readonly (number | null)[]): number | null => {
  const some = waits.filter((wait) => wait !== null);
  return some.length === 0 ? null : Math.min(...some);
};
