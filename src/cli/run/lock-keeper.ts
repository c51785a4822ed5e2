import type { LockResult } from '../../host/lock.js';

/** Commands wait for each other so long; who has the lock for longer is told of. Milliseconds. */
const toleratedMs = 10_000;

/**
 * Tells of whoever keeps the lock from the controller, once for each. A command that was stopped (Ctrl-Z) keeps every agent as it is,
 * dead ones too.
 */
export class LockKeeper {
  readonly #tell: (message: string) => void;
  #keeper: { readonly pid: number; readonly since: number; told: boolean } | null = null;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** After each try to have it. */
  tried(locked: LockResult): void {
    if (locked.kind === 'acquired') {
      this.#keeper = null;
      return;
    }
    const { pid, purpose } = locked.owner;
    const now = performance.now();
    const keeper = this.#keeper?.pid === pid ? this.#keeper : { pid, since: now, told: false };
    this.#keeper = keeper;
    if (keeper.told || now - keeper.since < toleratedMs) return;
    keeper.told = true;
    const what = `${purpose} (pid ${pid}) has kept the lock for ${toleratedMs / 1000}s`;
    this.#tell(`${what}; nothing is done before it ends. Where it was stopped: kill -CONT ${pid}`);
  }
}
