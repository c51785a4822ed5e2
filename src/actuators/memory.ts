import * as path from 'node:path';
import type { Approval, Disruption, Known, Memory } from '../controller/observed.js';
import type { Outcome } from '../controller/port.js';
import { fileProblem, writeFileAtomic } from '../host/atomic-file.js';
import { acquireLock } from '../host/lock.js';

/** Two writers at once wait for each other this long; each needs a few milliseconds. */
const lockMs = 5000;

/**
 * Changes what fleet remembers: read, change, write, under a lock of its own, since an operator's `hold` must not wait
 * for an `apply` that runs for minutes. Every file is replaced atomically and synced. Formats: observers/memory.ts.
 */
export class MemoryStore {
  readonly #state: string;
  readonly #read: () => Known<Memory>;

  constructor(state: string, read: () => Known<Memory>) {
    this.#state = state;
    this.#read = read;
  }

  changeHolds(change: (memory: Memory) => Pick<Memory, 'holds' | 'fleetHold'>): Promise<Outcome> {
    return this.#change('holds.json', (memory) => {
      const { holds, fleetHold } = change(memory);
      return { fleet: fleetHold, agents: Object.fromEntries(holds) };
    });
  }

  changeApprovals(change: (approvals: readonly Approval[]) => readonly Approval[]): Promise<Outcome> {
    return this.#change('approvals.json', ({ approvals }) => ({ approvals: change(approvals) }));
  }

  changeFailures(change: (failures: Memory['failures']) => Memory['failures']): Promise<Outcome> {
    return this.#change('failures.json', ({ failures }) => ({
      agents: Object.fromEntries(change(failures)),
    }));
  }

  /** Adds disruptions, and forgets those that do not count any more. */
  addDisruptions(added: Memory['recent'], counts: (earlier: Disruption) => boolean): Promise<Outcome> {
    return this.#change('disruptions.json', ({ recent, braked }) => ({
      recent: [...recent.filter(counts), ...added],
      braked,
    }));
  }

  /** @param braked revision whose mass change is held; null: none */
  writeBraked(braked: string | null): Promise<Outcome> {
    return this.#change('disruptions.json', ({ recent }) => ({ recent, braked }));
  }

  async #change(name: string, contentOf: (memory: Memory) => object): Promise<Outcome> {
    const file = path.join(this.#state, name);
    try {
      const locked = await acquireLock(path.join(this.#state, 'locks', 'memory'), `writing ${name}`, lockMs);
      if (locked.kind === 'held')
        return `${file}: process ${locked.owner.pid} has been writing for ${lockMs / 1000}s`;
      try {
        const memory = this.#read();
        if (!memory.known) return memory.message;
        const text = JSON.stringify({ formatVersion: '1.0', ...contentOf(memory.value) }, null, 1);
        writeFileAtomic(file, `${text}\n`, 0o600);
        return null;
      } finally {
        locked.lock.release();
      }
    } catch (error) {
      return `${file}: ${fileProblem(error)}`;
    }
  }
}
