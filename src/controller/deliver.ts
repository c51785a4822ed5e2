import type { RuntimeProfile } from '../roster/profile.js';
import type { DeliveryOrder, DeliveryResult, Progress, RefusalReason } from './delivery.js';
import { nextStep } from './delivery-step.js';
import type { Known } from './observed.js';
import type { PaneTarget, Screen } from './screen.js';
import type { Arrival } from './transcript.js';

/** What became of a guarded act inside the tmux server. */
export type Act =
  | { readonly kind: 'done' }
  /** Nothing was done: the guard did not hold, or, where `message` says so, could not be asked. */
  | { readonly kind: 'refused'; readonly message?: string }
  /** It cannot be told whether it was done. */
  | { readonly kind: 'unknown'; readonly message: string };

export interface DeliveryPort {
  readonly look: () => Promise<Known<Screen | null>>;
  /** Reads what the transcript has got since the position that `prepare` took. */
  readonly arrival: () => Arrival;
  /** Remembers, durably where that was asked for, that the text is about to be pasted. @returns null, or why it cannot */
  readonly prepare: () => string | null;
  readonly paste: () => Promise<Act>;
  readonly enter: (keys: readonly string[]) => Promise<Act>;
  readonly clear: () => Promise<Act>;
  readonly sleep: (ms: number) => Promise<void>;
  /** Whether the sender waits no longer than he must: what is begun is finished. */
  readonly interrupted: () => boolean;
  /** A clock that no one sets, milliseconds. */
  readonly now: () => number;
}

export interface Delivered extends DeliveryResult {
  /** How often keys were pressed to submit it. */
  readonly attempts: number;
}

/** Looks are this far apart, at first and at last; the files of a transcript are read in between. */
const firstPauseMs = 5;
const lastPauseMs = 50;

/** Walks one delivery to its end. @param progress where to go on, e.g. with what an earlier sender has pasted */
export async function deliver(
  order: DeliveryOrder,
  target: PaneTarget,
  profile: RuntimeProfile,
  port: DeliveryPort,
  progress: Progress,
): Promise<Delivered> {
  let state = progress;
  let pause = firstPauseMs;
  let barredActs = 0;
  const end = (result: DeliveryResult): Delivered => ({ ...result, attempts: state.presses });
  const advance = (change: Partial<Progress>): void => {
    state = { ...state, ...change, since: port.now() };
    pause = firstPauseMs;
  };
  for (;;) {
    const arrival = state.phase === 'before' ? 'unknown' : port.arrival();
    const seen = await port.look();
    if (!seen.known) return end(unseen(state, seen.message));
    const now = port.now();
    const step = nextStep({
      ...{ target, profile, progress: state, now },
      order: port.interrupted() ? { ...order, patienceMs: 0 } : order,
      sight: { screen: seen.value, arrival },
    });
    switch (step.kind) {
      case 'done':
        return end(step.result);
      case 'wait':
        if (step.drawn === true && state.drawn === null) state = { ...state, drawn: now };
        if (step.obstacle !== state.obstacle?.what)
          state = {
            ...state,
            obstacle: step.obstacle === undefined ? null : { what: step.obstacle, since: now },
          };
        await pauseOrArrival(port, state, step.ms ?? pause);
        pause = Math.min(pause * 2, lastPauseMs);
        continue;
      case 'clear': {
        const act = await port.clear();
        if (act.kind !== 'done') return end(refusedOr(act, 'refused'));
        advance({ cleared: true });
        continue;
      }
      case 'paste': {
        const problem = port.prepare();
        if (problem !== null)
          return end({
            status: 'refused',
            reason: 'NotReady',
            message: `it could not be written down first: ${problem}`,
          });
        const act = await port.paste();
        // Nothing was typed: somebody entered copy mode, or a dialog came up. The next look tells what to say.
        if (act.kind === 'refused' && (barredActs += 1) <= mostBarredActs) {
          await port.sleep(lastPauseMs);
          continue;
        }
        if (act.kind !== 'done') return end(refusedOr(act, 'refused'));
        advance({ phase: 'pasted', busy: step.busy, first: step.first, shown: step.shown });
        continue;
      }
      case 'enter': {
        // On a busy machine the look may be old: what has arrived since is not entered again.
        if (state.presses > 0 && port.arrival() === 'arrived') continue;
        const act = await port.enter(step.keys);
        // The guard did not hold, e.g. since a human entered copy mode: the next look tells.
        if (act.kind === 'refused') {
          barredActs += 1;
          if (barredActs > mostBarredActs) return end(barred(order.agent, state, act.message));
          await port.sleep(lastPauseMs);
          continue;
        }
        if (act.kind === 'unknown') return end({ status: 'unknown', reason: null, message: act.message });
        advance({
          ...(step.drawn === true ? { drawn: state.drawn ?? now } : {}),
          phase: 'entered',
          lagMs: state.phase === 'pasted' ? (state.drawn ?? now) - state.since : state.lagMs,
          ...{ shown: step.shown, picture: step.picture },
          presses: state.presses + 1,
          enters: state.enters + Number(step.keys.includes('Enter')),
        });
        // Nothing on the screen would be acted upon so soon, and a transcript costs no process.
        if (arrival !== 'unknown') await pauseOrArrival(port, state, lastPauseMs);
      }
    }
  }
}

/** Waits, but not past the moment at which the transcript has it: reading a file costs no process. */
async function pauseOrArrival(port: DeliveryPort, { phase }: Progress, ms: number): Promise<void> {
  const until = port.now() + ms;
  for (let pause = 1; ; pause = Math.min(pause * 2, firstPauseMs)) {
    const left = until - port.now();
    if (left <= 0) return;
    await port.sleep(Math.min(left, pause));
    if (phase === 'entered' && ['arrived', 'queued'].includes(port.arrival())) return;
  }
}

function unseen({ phase }: Progress, message: string): DeliveryResult {
  return phase === 'before'
    ? { status: 'refused', reason: 'NotReady', message: `nothing was typed: ${message}` }
    : { status: 'unknown', reason: null, message };
}

function refusedOr(act: Exclude<Act, { kind: 'done' }>, status: 'refused'): DeliveryResult {
  switch (act.kind) {
    case 'refused':
      return {
        status,
        reason: movedReason,
        message:
          act.message === undefined
            ? 'its pane changed in the last moment; nothing was typed. Try again'
            : `nothing was typed: ${act.message}`,
      };
    case 'unknown':
      return { status: 'unknown', reason: null, message: act.message };
  }
}

/** So often a guard may forbid an act while a look allows it, before the sender gives up. */
const mostBarredActs = 40;

const barred = (agent: string, { presses }: Progress, unasked?: string): DeliveryResult => ({
  status: presses === 0 ? 'drafted' : 'unknown',
  ...(unasked === undefined
    ? {
        reason: 'Dialog',
        message: `something on its screen looks like a dialog; Enter was not pressed. Look with: fleet agent attach ${agent}`,
      }
    : { reason: 'NotReady', message: `Enter was not pressed: ${unasked}` }),
});

const movedReason: RefusalReason = 'NotReady';
