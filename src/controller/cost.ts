import { isKnownRuntime } from '../roster/runtimes.js';
import { isDisruptive, type ActionKind, type Cost, type Live } from './action.js';

/** What an action costs the conversation of an agent of this runtime; null: the runtime is not on record. */
export function costOf(
  action: ActionKind,
  live: Live | null,
  runtime: string | null,
  disposable: boolean,
): Cost {
  if (!isDisruptive(action) || live === null) return { kind: 'none' };
  // A runtime fleet knows nothing of has, as far as fleet can tell, no conversation to lose.
  if (runtime === null || !isKnownRuntime(runtime)) return { kind: 'none' };
  if (disposable) return { kind: 'loses-conversation', because: 'disposable slot' };
  return { kind: 'loses-conversation', because: `this version of fleet cannot resume ${runtime}` };
}
