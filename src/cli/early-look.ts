import { setImmediate as settled } from 'node:timers/promises';
import type { Known, ObservedUnits } from '../controller/observed.js';
import { lastClaim } from '../host/lock.js';
import { observeUnits } from '../observers/systemd.js';
import type { Context } from './context.js';

/** What a command has asked already. */
export interface Asked {
  /** The lock's number from before; null where somebody had it. */
  readonly lastClaim: number | null;
  readonly units: Promise<Known<ObservedUnits>>;
}

/** Asks systemd now, so that it answers while the rest of the program is being loaded: a third of what `plan` loads. */
export async function askUnits({ exec, paths }: Context): Promise<Asked> {
  const before = lastClaim(paths.lock);
  const units = observeUnits(exec);
  // Until the program is started; loading does not let go of the thread.
  await settled();
  return { units, lastClaim: before };
}
