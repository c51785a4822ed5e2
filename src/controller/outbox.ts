import type { RuntimeProfile } from '../roster/profile.js';
import { mayStillBe } from './composer.js';
import { screenState, type PaneTarget, type Screen } from './screen.js';
import type { Arrival, TranscriptPosition } from './transcript.js';

/** Written down before a text is pasted: whoever finds it later can tell from it what became of the text. */
export interface Attempt {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly target: PaneTarget;
  readonly position: TranscriptPosition;
}

/** One message for an agent that is not told to have arrived. */
export interface OutboxEntry {
  readonly id: string;
  /** `continue`: tells an agent that was interrupted in its turn to go on. Like a kickstart it goes before all messages. */
  readonly kind: 'message' | 'kickstart' | 'continue';
  readonly agent: string;
  /** As it is pasted, preamble included. */
  readonly text: string;
  /** Whether the text names the agent. */
  readonly addressed: boolean;
  readonly source: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** False: its sender waits for it; should the sender have died, it is finished, but never begun. */
  readonly left: boolean;
  readonly attempt: Attempt | null;
  /** The process of its attempt has taken it, busy, to read it after its turn: it is not lost before that, and not typed again. */
  readonly held?: boolean;
  /** A kickstart is for the process that comes after this one. */
  readonly after: { readonly server: number; readonly pid: number } | null;
  /** Why it is not delivered by itself any more; null: it waits. */
  readonly parked: string | null;
}

/** A first message goes before all others; otherwise first come, first served. */
export interface StoredEntry {
  /** Name of its file, which sorts. */
  readonly name: string;
  readonly entry: OutboxEntry;
}

/** Whether it was made to the very process that runs now. */
export const isOf = ({ target }: Attempt, now: PaneTarget): boolean =>
  target.server === now.server && target.pid === now.pid;

/**
 * What became of a text that somebody was about to paste when he died.
 *
 * - `arrived`, `queued`: the transcript has it
 * - `finish`: it stands in the composer
 * - `absent`: it never reached the agent, and that is proven
 * - `unseen`: it shows nowhere, and never reached the agent if the agent's program has read all that was typed
 * - `wait`: it will be seen when the agent is idle
 * - `unknown`: nobody can tell; it is not pasted again
 */
export type Recovered = 'arrived' | 'queued' | 'finish' | 'absent' | 'unseen' | 'wait' | 'unknown';

/**
 * @param target the agent's pane now
 * @param arrival by the transcript, since the attempt's position
 * @param samePlace whether the transcript that is read now is the one the position is of
 */
export function recovered(
  { text, attempt }: Pick<OutboxEntry, 'text'> & { readonly attempt: Attempt },
  target: PaneTarget,
  profile: RuntimeProfile,
  screen: Screen,
  arrival: Arrival,
  samePlace: boolean,
): Recovered {
  const same = isOf(attempt, target);
  // Whether a runtime that wrote down that it held something still does in its next life nobody knows.
  if (arrival === 'arrived' || (arrival === 'queued' && same)) return arrival;
  const proven = arrival === 'absent' && samePlace;
  const { activity, composer, elsewhere } = screenState(profile, screen);
  // What stood in the composer ended with its process. One that is coming up may not tell yet which files are its own.
  if (!same) return proven ? 'absent' : activity === 'starting' && arrival !== 'queued' ? 'wait' : 'unknown';
  if (mayStillBe(composer, text, profile.collapsed)) return 'finish';
  if (elsewhere) return 'wait';
  switch (activity) {
    case 'starting':
    case 'busy':
    case 'dialog':
      return 'wait';
    case 'ready':
      return proven && composer.kind === 'empty' ? 'unseen' : 'unknown';
  }
}
