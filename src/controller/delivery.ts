import type { RuntimeProfile } from '../roster/profile.js';
import type { PaneTarget, Screen } from './screen.js';
import type { Arrival } from './transcript.js';

/** Why nothing was typed, or what stands in the way of finishing. */
export type RefusalReason = 'NotReady' | 'Dialog' | 'CopyMode' | 'Dead' | 'Draft' | 'Foreign' | 'Busy';

export type DeliveryStatus = 'delivered' | 'queued' | 'drafted' | 'refused' | 'unknown';

export interface DeliveryResult {
  readonly status: DeliveryStatus;
  readonly reason: RefusalReason | null;
  /** What an operator reads. */
  readonly message: string;
}

/** What the sender asked for. Durations in milliseconds. */
export interface DeliveryOrder {
  /** To whom: an operator is told what to do about it. */
  readonly agent: string;
  readonly text: string;
  readonly whenIdle: boolean;
  readonly clearDraft: boolean;
  /** How often Enter may be pressed. */
  readonly enters: number;
  /** How long to wait until it can be typed. */
  readonly patienceMs: number;
}

/** One look at the agent's pane. */
export interface Sight {
  /** null: there is no such pane any more. */
  readonly screen: Screen | null;
  readonly arrival: Arrival;
}

/** May be a moment's: a screen that is being drawn shows anything. */
export type Obstacle = 'loading' | 'draft' | 'composer';

/** What has been done so far. Moments are on the caller's clock, milliseconds. */
export interface Progress {
  readonly phase: 'before' | 'pasted' | 'entered';
  readonly begun: number;
  /** When this phase began, or Enter was pressed last. */
  readonly since: number;
  /** What every look since then has found in the way of the paste; null: nothing that may pass by itself. */
  readonly obstacle: { readonly what: Obstacle; readonly since: number } | null;
  readonly enters: number;
  /** How often any keys were pressed to submit it, Enter or others. */
  readonly presses: number;
  /** When the paste was first seen in the composer; null: not yet. */
  readonly drawn: number | null;
  /** How long it took to draw the paste, milliseconds: so slow is the runtime, or the machine. */
  readonly lagMs: number;
  readonly cleared: boolean;
  /** Whether the runtime was busy when the text was pasted. */
  readonly busy: boolean;
  /** Whether the runtime showed a fresh conversation when the text was pasted. */
  readonly first: boolean;
  /** How often the text stood on the screen outside the composer, before the paste and before Enter. */
  readonly shown: number;
  /** All that the pane showed when keys were pressed last. */
  readonly picture: string;
}

/** All that the next step of a delivery follows from. */
export interface DeliveryState {
  readonly order: DeliveryOrder;
  readonly target: PaneTarget;
  readonly profile: RuntimeProfile;
  readonly progress: Progress;
  readonly sight: Sight;
  /** Milliseconds on the caller's clock. */
  readonly now: number;
}

export const fresh = (now: number): Progress => ({
  ...{ phase: 'before', begun: now, since: now, obstacle: null, enters: 0, presses: 0 },
  ...{ drawn: null, lagMs: 0, cleared: false, busy: false, first: false, shown: 0, picture: '' },
});

export type Step =
  /** `drawn`: the paste shows. @param ms for so long; without: as long as the caller likes */
  | { readonly kind: 'wait'; readonly drawn?: true; readonly ms?: number; readonly obstacle?: Obstacle }
  | { readonly kind: 'clear' }
  | { readonly kind: 'paste'; readonly busy: boolean; readonly first: boolean; readonly shown: number }
  | {
      readonly kind: 'enter';
      /** The paste shows in the composer. */
      readonly drawn?: true;
      readonly shown: number;
      readonly picture: string;
      readonly keys: readonly string[];
    }
  | { readonly kind: 'done'; readonly result: DeliveryResult };

export const done = (status: DeliveryStatus, message: string, reason: RefusalReason | null = null): Step => ({
  kind: 'done',
  result: { status, reason, message },
});

/** A megabyte takes a runtime a while to draw: so much more patience for each byte, milliseconds. */
const perByteMs = 0.01;
export const sizeMs = ({ text }: DeliveryOrder): number => text.length * perByteMs;

/** After so long without any proof the result is unknown. */
export const proofMs = 10_000;
/** A second Enter that comes along with the first is swallowed like it: so many times the lag lies between them. */
export const lags = 5;
/** A lag counts up to here: whoever was slower for a while need not be so for ever. */
export const mostLagMs = 2000;
