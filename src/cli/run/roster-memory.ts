import * as fs from 'node:fs';
import { errorCode } from '../../host/atomic-file.js';
import { templatesOf } from '../../controller/reconciler.js';
import type { RosterInForce } from '../../controller/reconciler.js';
import { templateFile } from '../../observers/roster-file.js';
import type { Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { CommandFailure } from '../exit-code.js';
import { loadRoster } from '../roster-source.js';

/** A file written so shortly before it was read may be written again without its times showing it. */
const racyMs = 2000;

interface Reading {
  /** Identity, size and times of the roster and its templates. */
  readonly stamp: string;
  /** Whether an equal stamp means an equal content. */
  readonly settled: boolean;
  readonly problem: string | null;
}

/** The roster as the controller takes it: a file that became invalid or vanished leaves the last good one in force. */
export class RosterMemory {
  readonly #context: Context;
  #last: Roster | null = null;
  #reading: Reading | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  get last(): Roster | null {
    return this.#last;
  }

  /** Reads and compiles the file only where it may have changed. */
  look(): RosterInForce {
    const settledMs = this.#settledMs();
    const before = this.#reading;
    if (before?.settled !== true || before.stamp !== this.#stamp()) {
      // Taken first: what is written while we read makes the next look read again.
      const stamp = this.#stamp();
      const problem = this.#read();
      this.#reading = { stamp, settled: settledMs > racyMs && stamp === this.#stamp(), problem };
    }
    return { roster: this.#last, problem: this.#reading?.problem ?? null, settledMs };
  }

  /** The next look reads again, whatever the files' times say. */
  forget(): void {
    this.#reading = null;
  }

  /** Whether the files are not what was read last. */
  isStale(): boolean {
    return this.#reading !== null && this.#reading.stamp !== this.#stamp();
  }

  #read(): string | null {
    try {
      this.#last = loadRoster(this.#context);
      return null;
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      return error.message;
    }
  }

  #stamp(): string {
    const { roster, userHome } = this.#context.paths;
    const templates = templatesOf(this.#last).map((template) => templateFile(roster, userHome, template));
    return [roster, ...templates].map(stampOf).join('\n');
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

function stampOf(file: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, mode } = fs.statSync(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs, mode].join(' ');
  } catch (error) {
    return errorCode(error);
  }
}
