import * as fs from 'node:fs';
import type { Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { CommandFailure } from '../exit-code.js';
import { loadRoster } from '../roster-source.js';

export interface RosterInForce {
  /** The last valid one; null until there has been one. */
  readonly roster: Roster | null;
  /** Why the file is not it, or null. */
  readonly problem: string | null;
  /** How long the file has been as it is, milliseconds. */
  readonly settledMs: number;
}

/** The roster as the controller takes it: a file that became invalid or vanished leaves the last good one in force. */
export class RosterMemory {
  readonly #context: Context;
  #last: Roster | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  get last(): Roster | null {
    return this.#last;
  }

  look(): RosterInForce {
    const settledMs = this.#settledMs();
    try {
      this.#last = loadRoster(this.#context);
      return { roster: this.#last, problem: null, settledMs };
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      return { roster: this.#last, problem: error.message, settledMs };
    }
  }

  #settledMs(): number {
    try {
      const { mtimeMs, ctimeMs } = fs.statSync(this.#context.paths.roster);
      // A clock that was set back must not keep a file young for ever.
      const age = this.#context.now() - Math.max(mtimeMs, ctimeMs);
      return age < 0 ? Infinity : age;
    } catch {
      return Infinity;
    }
  }
}
