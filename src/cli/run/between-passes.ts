import type { Plan } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import { LongRuns, withCleanSlate } from '../../controller/clean-slate.js';
import { isReady } from '../../controller/delayed.js';
import type { Outcome } from '../../controller/port.js';
import { lookAgainMs, VoidTwice, voidIn } from '../../controller/void-memory.js';
import type { Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { forgetDeparted } from '../departed.js';
import { memoryStore } from '../host-actuators.js';
import { keepBetweenPasses } from '../keep-conversations.js';
import { keepInForce } from '../revision-history.js';
import { trueRecords } from '../true-records.js';
import { forgetVoid } from '../void-memory.js';

/** What one look showed. */
export interface Looked {
  readonly world: World;
  readonly plan: Plan;
  /** Agents that something is being done about. */
  readonly working: ReadonlySet<string>;
  /** Whether the roster's file holds a valid one: else it is not known what is meant. */
  readonly isRoster: boolean;
}

/** Puts on record, or takes off it, what a look has shown and no pass does by itself. Nobody waits for it. */
export class BetweenPasses {
  readonly #context: Context;
  readonly #trouble: (during: string, message: string) => void;
  readonly #lookIn: (ms: number) => void;
  readonly #runs = new LongRuns();
  readonly #voids = new VoidTwice();
  #inForce: Roster | null = null;
  #cleared: Roster | null = null;

  /** @param lookIn asks for another look after so many milliseconds */
  constructor(
    context: Context,
    trouble: (during: string, message: string) => void,
    lookIn: (ms: number) => void,
  ) {
    this.#context = context;
    this.#trouble = trouble;
    this.#lookIn = lookIn;
  }

  looked(look: Looked): void {
    this.#keepInForce(look);
    this.#clearRecords(look);
    this.#keepConversations(look);
    this.#clearSlates(look);
    this.#dropVoid(look);
  }

  /** A roster that asks for nothing is in force as it is; the same one is looked up once. */
  #keepInForce({ world: { roster }, plan, working }: Looked): void {
    if (this.#inForce === roster || working.size + plan.actions.length + plan.unknownAgents.length > 0)
      return;
    this.#inForce = roster;
    keepInForce(this.#context, roster);
  }

  /** Once for each roster, where nothing is being done: what was seen before some work may be long over when that ends. */
  #clearRecords({ world, plan, working }: Looked): void {
    const due = plan.actions.some(isReady) || plan.unknownSources.length > 0;
    if (this.#cleared === world.roster || working.size > 0 || due) return;
    this.#cleared = world.roster;
    this.#begin('records of agents', async () => {
      const done = (await forgetDeparted(this.#context, world)) && (await trueRecords(this.#context, world));
      if (!done) this.#cleared = null;
      return null;
    });
  }

  /** Whoever acts does so by himself; here only where nothing is due. */
  #keepConversations({ world, plan, working }: Looked): void {
    if (plan.actions.some(isReady)) return;
    this.#begin('conversations', () => keepBetweenPasses(this.#context, world, working));
  }

  /** What has run for long enough has nothing against it any more. */
  #clearSlates({ world }: Looked): void {
    const agents = this.#runs.look(world, performance.now());
    if (agents.size === 0) return;
    this.#begin('failures', () =>
      memoryStore(this.#context).changeFailures((failures) => withCleanSlate(failures, agents)),
    );
  }

  #dropVoid({ world, plan, working, isRoster }: Looked): void {
    if (!isRoster || working.size > 0) return;
    const found = this.#voids.look(voidIn(plan, world.observed.memory));
    if (found.again) this.#lookIn(lookAgainMs);
    this.#begin('approvals', () => forgetVoid(this.#context, world, found));
  }

  #begin(during: string, work: () => Promise<Outcome>): void {
    work().then(
      (problem) => {
        if (problem !== null) this.#trouble(during, problem);
      },
      (error: unknown) => this.#trouble(during, error instanceof Error ? error.message : String(error)),
    );
  }
}
