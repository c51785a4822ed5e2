import { isDisruptive, type Plan } from './action.js';
import type { World } from './assess.js';
import { delays, holderTurn, isReady, launches, replacesHolder, split, tryOf } from './delayed.js';
import { untilNextMs, untold, type RosterInForce } from './delayed.js';
import { Endings } from './endings.js';
import { noWords } from './gate.js';
import { LastOutputs } from './last-outputs.js';
import { LockPatience } from './lock-patience.js';
import type { PassOutcome } from './loop.js';
import { nextLookMs } from './next-look.js';
import { Pace } from './pace.js';
import { plan as planOf } from './plan.js';
import { Rest } from './rest.js';
import { regated, restrict } from './restrict.js';
import { gatedByScreens, type AskScreens } from './screen-gates.js';
import { isQuiet, isSameWorld } from './same-world.js';
import { sinceNewestStart } from './spacing.js';
import type { Roster } from '../roster/types.js';

/** What one look showed. */
export interface Sight {
  readonly world: World;
  /** Why nothing may be done on this host at all, or null. */
  readonly refusal: string | null;
}

/** What the reconciler needs of the world around it. */
export interface ReconcilerPort<Seen extends Sight> {
  readonly roster: () => RosterInForce;
  readonly observe: (roster: Roster) => Promise<Seen>;
  /** Names the state of the lock that commands share, while it is free; null: another has it. */
  readonly lockMark: () => number | null;
  /**
   * The lock that commands share; null where another has it.
   *
   * @param mark what named its state earlier; `undisturbed`: nobody has had it since
   */
  readonly tryLock: (
    mark: number | null,
  ) => Promise<{ readonly release: () => void; readonly undisturbed: boolean } | null>;
  /** What screens forbid; without it none is asked. */
  readonly askScreens?: (world: World) => AskScreens;
  /** Walks a plan. `replan` makes the plan of what is the case later. */
  readonly carryOut: (plan: Plan, seen: Seen, replan: (world: World) => Plan) => Promise<unknown>;
  readonly report: ReconcilerReport;
  /** Agents that somebody is talking to right now: they are left as they are meanwhile. */
  readonly spokenTo?: () => ReadonlySet<string>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A clock that no one sets, milliseconds. */
  readonly monotonic: () => number;
  /** Calls back once after so many milliseconds; the returned function cancels. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Asks for another pass. */
  readonly wake: () => void;
}

export interface ReconcilerReport {
  /** What is in force, at every pass; `problem` says why the file is not. */
  rosterState(problem: string | null, roster: Roster | null): void;
  /** What a look showed, and what follows from it, before anything is done. `working`: agents being acted upon. */
  looked(seen: Sight, plan: Plan, working: ReadonlySet<string>): void;
  /** Something failed that no action names. */
  trouble(during: string, message: string): void;
}

/** By then a plan's verbs are in systemd's queue, which every look sees; a later one asks again first. A slow stop keeps nobody from the lock. */
const lockHeldMs = 1000;
/** Every program that a look asks has a shorter limit; this is for what has none. */
const lookDeadlineMs = 30_000;

/**
 * Makes the roster true and keeps it true: the same observe, plan and apply as the commands. Agents that are being acted
 * upon are left out of further passes until that has ended, and slow actions go on beside each other.
 */
export class Reconciler<Seen extends Sight> {
  readonly #port: ReconcilerPort<Seen>;
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #ending = new Set<string>();
  readonly #pace = new Pace();
  readonly #endings = new Endings();
  readonly #outputs = new LastOutputs();
  readonly #rest = new Rest();
  readonly #patience = new LockPatience();
  /** When the last agent was launched, for `start_spacing`; null before the first look. */
  #lastLaunch: number | null = null;
  /** A world in which nothing was to be done, and its plan. */
  #quiet: { readonly world: World; readonly plan: Plan } | null = null;

  constructor(port: ReconcilerPort<Seen>) {
    this.#port = port;
  }

  /** One pass. Never rejects. */
  async pass(): Promise<PassOutcome> {
    try {
      return { nextMs: await this.#pass() };
    } catch (error) {
      // The loop goes on whatever one pass ran into; the next one looks again.
      this.#port.report.trouble('pass', messageOf(error));
      return { nextMs: null };
    }
  }

  /** Agents that are being acted upon. */
  get actingUpon(): readonly string[] {
    return [...this.#inFlight.keys()];
  }

  /** Those of them whose process is being ended, or ended and started again. */
  get ending(): ReadonlySet<string> {
    return this.#ending;
  }

  /** Resolves once nothing is being acted upon any more. */
  async drained(): Promise<void> {
    await Promise.all(this.#inFlight.values());
  }

  async #pass(): Promise<number | null> {
    const port = this.#port;
    const inForce = port.roster();
    const { roster } = inForce;
    port.report.rosterState(inForce.problem, roster);
    if (roster === null) return null;
    const rest = this.#rest.leftMs(roster, this.#inFlight.size > 0, port.monotonic());
    if (rest > 0) return rest;
    const mark = port.lockMark();
    const first = await this.#look(inForce, roster);
    port.report.looked(first.seen, first.whole, new Set(this.#inFlight.keys()));
    if (first.seen.refusal !== null) return null;
    const { desired } = first.seen.world;
    this.#pace.keepOnly(new Set([...desired.keys(), ...first.whole.actions.map(({ agent }) => agent)]));
    const isDue = first.plan.actions.some(isReady) || replacesHolder(first.plan);
    const lock = isDue ? await port.tryLock(mark) : null;
    if (isDue && lock === null) return this.#patience.refused(port.monotonic());
    // Given, or not asked for: whoever has it when something is due again keeps it from then on.
    this.#patience.given();
    if (lock === null) return first.next;
    const unlock = this.#onceUnlocked(lock);
    let begun = false;
    try {
      // Unless nobody has had the lock since before the look, an edit may be taken back, or another command have acted.
      const again = port.roster();
      if (again.roster === null) return null;
      const standing = lock.undisturbed && again.roster === roster;
      const { seen, plan, next } = standing ? first : await this.#look(again, again.roster);
      if (seen.refusal !== null) return null;
      const works = split(plan, seen.world).map((part) => this.#begin(seen, part));
      begun = works.length > 0;
      if (!begun) return next;
      this.#rest.begun(roster, port.monotonic());
      const cancel = port.after(lockHeldMs, unlock);
      void Promise.all(works).then(() => {
        cancel();
        unlock();
        port.wake();
      });
      return next;
    } finally {
      if (!begun) unlock();
    }
  }

  async #look(
    inForce: RosterInForce,
    roster: Roster,
  ): Promise<{ seen: Seen; whole: Plan; plan: Plan; next: number | null }> {
    // What ends while we look was seen as it was before.
    const busy = new Set([...this.#inFlight.keys(), ...(this.#port.spokenTo?.() ?? [])]);
    const shown = await this.#inTime(this.#port.observe(roster));
    for (const agent of this.#inFlight.keys()) busy.add(agent);
    const now = this.#port.monotonic();
    const seen = { ...shown, world: this.#corrected(shown.world) };
    const planned = this.#planOf(shown.world, seen.world);
    const delayMs = delays(inForce, seen.world, this.#port.now());
    if (replacesHolder(planned)) {
      const { plan, waitMs } = holderTurn(planned, busy.size > 0, delayMs);
      return { seen, whole: planned, plan, next: waitMs > 0 ? untilNextMs([waitMs]) : null };
    }
    const paced = regated(planned, (action) =>
      isReady(action) && !busy.has(action.agent)
        ? this.#pace.gate(action, tryOf(seen.world, action, now))
        : null,
    );
    // Before anything is begun: what a screen defers is no try, and so makes no later one wait.
    const ask = this.#port.askScreens?.(seen.world);
    const whole =
      ask === undefined
        ? paced
        : await this.#inTime(
            gatedByScreens(paced, seen.world, (actions) =>
              ask(actions.filter(({ agent }) => !busy.has(agent))),
            ),
          );
    this.#endings.note(whole, now, untold(seen.world, this.#pace));
    this.#lastLaunch ??= now - sinceNewestStart(seen.world, this.#port.now());
    const nextLaunch = this.#lastLaunch + roster.startSpacingMs;
    // Nothing may tell of the rest of an end that was seen half, or only while we look.
    const waits = whole.unknownAgents.map((one) => this.#endings.waitMs(one, now)).filter((ms) => ms > 0);
    let launched = false;
    const plan = restrict(whole, (action) => {
      if (!isReady(action)) return true;
      if (busy.has(action.agent)) return false;
      const spacing = launches(action) ? nextLaunch - now : 0;
      const ending = this.#endings.waitMs(action, now);
      // With spacing, one launch per pass: the next is gated by what is the case then.
      const turn = launches(action) && launched ? roster.startSpacingMs : 0;
      const wait = Math.max(delayMs(action), spacing, ending, turn);
      if (wait > 0) waits.push(wait);
      else launched ||= launches(action);
      return wait <= 0;
    });
    const gate = nextLookMs(whole, this.#port.now());
    if (gate !== null) waits.push(gate);
    return { seen, whole, plan, next: untilNextMs(waits) };
  }

  /** @param shown the same as it was looked at, by which it is recognized */
  #planOf(shown: World, world: World): Plan {
    if (this.#quiet !== null && isSameWorld(this.#quiet.world, shown)) return this.#quiet.plan;
    const plan = planOf(world, noWords, this.#port.now());
    this.#quiet = isQuiet(plan) ? { world: shown, plan } : null;
    return plan;
  }

  #corrected(world: World): World {
    return this.#outputs.corrected(world, this.#port.now(), this.#port.monotonic());
  }

  async #inTime<Shown>(look: Promise<Shown>): Promise<Shown> {
    let cancel = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.#port.after(lookDeadlineMs, () =>
        reject(new Error(`looking at the host took longer than ${lookDeadlineMs / 1000}s; nothing was done`)),
      );
    });
    try {
      return await Promise.race([look, late]);
    } finally {
      cancel();
    }
  }

  #begin(seen: Seen, plan: Plan): Promise<void> {
    const port = this.#port;
    const ready = plan.actions.filter(isReady);
    const now = port.monotonic();
    for (const action of ready) {
      if (action.live !== null && isDisruptive(action.action)) this.#ending.add(action.agent);
      this.#pace.begun(action, tryOf(seen.world, action, now));
      if (launches(action)) this.#lastLaunch = now;
    }
    const names = ready.map(({ agent }) => agent);
    // No agent has the holder session's name.
    if (plan.holder !== undefined && replacesHolder(plan)) names.push(plan.holder.session);
    const replan = (world: World): Plan => planOf(this.#corrected(world), noWords, port.now());
    const work = port
      .carryOut(plan, seen, replan)
      .then(
        () => undefined,
        (error: unknown) => port.report.trouble('apply', messageOf(error)),
      )
      .then(() => {
        for (const name of names) {
          this.#inFlight.delete(name);
          this.#ending.delete(name);
        }
        port.wake();
      });
    for (const name of names) this.#inFlight.set(name, work);
    return work;
  }

  #onceUnlocked(lock: { readonly release: () => void }): () => void {
    let released = false;
    return () => {
      if (released) return;
      try {
        lock.release();
        released = true;
      } catch (error) {
        // A full disk. Our claim is void as soon as we have ended; until then others wait, and the next try is the end of
        // the work.
        this.#port.report.trouble('unlock', messageOf(error));
      }
    };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
