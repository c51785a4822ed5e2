import type { Plan, UnknownSource } from './action.js';
import type { ApplyEvent } from './apply.js';
import type { ReconcilerReport, Sight } from './reconciler.js';
import type { Roster } from '../roster/types.js';

/**
 * How a pass ended. `incomplete`: something could not be seen, nothing may be done on this host, or there is no valid
 * roster yet. `failed`: it ran into something that no look and no action has a name for.
 */
export type TurnResult = 'complete' | 'incomplete' | 'failed';

export interface Turn {
  readonly result: TurnResult;
  /** Whether it came as far as a look at the host, or found that there is nothing to look for. */
  readonly looked: boolean;
}

/** Whoever counts what the controller does. */
export interface Meter {
  rosterState(problem: string | null, roster: Roster | null): void;
  looked(seen: Sight, plan: Plan): void;
  /** One look at the host has ended; `failures`: what it could not see, or `other` where it gave no answer at all. */
  observed(seconds: number, failures: readonly (UnknownSource['source'] | 'other')[]): void;
  passed(seconds: number, result: TurnResult): void;
  event(event: ApplyEvent): void;
}

/** What the reconciler tells, and what came of the actions. */
export interface FullReport extends ReconcilerReport {
  event(event: ApplyEvent): void;
}

/** Stands before the report and tells, after each pass, how it ended. */
export class TurnWatch implements FullReport {
  readonly #report: FullReport;
  readonly #meter: Meter | null;
  #result: TurnResult = 'complete';
  #looked = false;

  constructor(report: FullReport, meter: Meter | null) {
    this.#report = report;
    this.#meter = meter;
  }

  /** A pass begins. */
  begin(): void {
    this.#result = 'complete';
    this.#looked = false;
  }

  get turn(): Turn {
    return { result: this.#result, looked: this.#looked };
  }

  rosterState(problem: string | null, roster: Roster | null): void {
    if (roster === null) {
      this.#result = 'incomplete';
      this.#looked = true;
    }
    this.#meter?.rosterState(problem, roster);
    this.#report.rosterState(problem, roster);
  }

  looked(seen: Sight, plan: Plan, working: ReadonlySet<string>): void {
    this.#looked = true;
    if (seen.refusal !== null || plan.unknownSources.length > 0) this.#result = 'incomplete';
    this.#meter?.looked(seen, plan);
    this.#report.looked(seen, plan, working);
  }

  trouble(during: string, message: string): void {
    // The work of earlier passes goes on beside this one, and its trouble is not this one's.
    if (during === 'pass') this.#result = 'failed';
    this.#report.trouble(during, message);
  }

  event(event: ApplyEvent): void {
    this.#meter?.event(event);
    this.#report.event(event);
  }
}
