import { setImmediate as settled } from 'node:timers/promises';
import type { Known, ObservedUnits } from '../controller/observed.js';
import { observeUnits } from '../observers/systemd.js';
import type { Context } from './context.js';

/** What a command has asked already. */
export interface Asked {
  readonly units: Promise<Known<ObservedUnits>>;
}

/** Asks systemd now, so that it answers while the rest of the program is being loaded: a third of what `plan` loads. */
export async function askUnits({ exec }: Context): Promise<Asked> {
  const units = observeUnits(exec);
  // Until the program is started; loading does not let go of the thread.
  await settled();
  return { units };
}
