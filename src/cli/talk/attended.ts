import type { Context } from '../context.js';

/** A message takes a fraction of a second, a reset a few: who waits longer is told what for. */
const silentMs = 2000;

/** Does what may wait for an agent: says so on a terminal, and lets the first Ctrl-C end the waiting, not what was begun. */
export async function attended<Value>(
  context: Context,
  waiting: string,
  work: () => Promise<Value>,
): Promise<Value> {
  const forget = context.onInterrupt(() => undefined);
  const timer = setTimeout(() => context.progress(waiting), silentMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    forget();
  }
}
