import type { Plan, PlannedAction } from '../../controller/action.js';
import { noWords } from '../../controller/gate.js';
import { Pace } from '../../controller/pace.js';
import { plan as planOf } from '../../controller/plan.js';
import { restrict } from '../../controller/restrict.js';
import { acquireLock, type Lock } from '../../host/lock.js';
import type { Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { carryOut } from '../execute.js';
import { installationProblem } from '../guard.js';
import { observe, type Pass } from '../pass.js';
import type { ControllerLog } from './log.js';
import { nextLookMs } from './next-look.js';
import { RosterMemory, type RosterInForce } from './roster-memory.js';

/** An agent is taken out only once the file has been unchanged for so long: an editor may not be done yet. */
const removalDelayMs = 1000;
/** A unit whose process has ended follows within so long; a hook wakes us, too. */
const endingMs = 500;
/** Another command is at work: it is looked again soon. */
const lockRetryMs = 250;
/** By then every verb of a plan is in systemd's hands, which orders the rest; a slow stop keeps nobody from the lock. */
const lockHeldMs = 1000;

/**
 * Makes the roster true and keeps it true: the same observe, plan and apply as the commands. Agents that are being acted
 * upon are left out of further passes until that has ended, and slow actions go on beside each other.
 */
export class Controller {
  readonly #context: Context;
  readonly #log: ControllerLog;
  readonly #wake: () => void;
  readonly #roster: RosterMemory;
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #pace = new Pace();
  /** When the last agent was launched, for `start_spacing`. */
  #lastLaunch = -Infinity;

  constructor(context: Context, log: ControllerLog, wake: () => void) {
    this.#context = context;
    this.#log = log;
    this.#wake = wake;
    this.#roster = new RosterMemory(context);
  }

  /** One pass. @returns milliseconds after which the next is due at the latest, or null */
  async pass(): Promise<number | null> {
    try {
      return await this.#pass();
    } catch (error) {
      // The loop goes on whatever one pass ran into; the next one looks again.
      this.#log.trouble('pass', messageOf(error));
      return null;
    }
  }

  /** Kickstart templates of the roster in force, as they stand in it. */
  templates(): readonly string[] {
    return (this.#roster.last?.agents ?? []).flatMap(({ kickstart }) => kickstart?.path ?? []);
  }

  /** Resolves once nothing is being acted upon any more. */
  async drained(): Promise<void> {
    await Promise.all(this.#inFlight.values());
  }

  async #pass(): Promise<number | null> {
    const inForce = this.#roster.look();
    const { roster } = inForce;
    this.#log.rosterState(inForce.problem, roster?.revision ?? null);
    if (roster === null) return null;
    const first = await this.#look(inForce, roster);
    const refusal = installationProblem(this.#context, roster, first.pass.installation);
    this.#log.standing(first.whole, refusal);
    if (refusal !== null) return null;
    this.#pace.keepOnly(
      new Set([...first.pass.world.desired.keys(), ...first.whole.actions.map(({ agent }) => agent)]),
    );
    if (!hasWork(first.plan)) return first.next;
    const locked = await acquireLock(this.#context.paths.lock, 'fleet run', 0);
    if (locked.kind === 'held') return lockRetryMs;
    const lock = once(locked.lock);
    let begun = false;
    try {
      // Roster and world once more under the lock: an edit may have been taken back meanwhile.
      const again = this.#roster.look();
      if (again.roster === null) return null;
      const { pass, plan, next } = await this.#look(again, again.roster);
      const works = split(plan).map((part) => this.#begin(pass, part));
      begun = works.length > 0;
      if (!begun) return next;
      const timer = setTimeout(() => this.#unlock(lock), lockHeldMs);
      void Promise.all(works).then(() => {
        clearTimeout(timer);
        this.#unlock(lock);
        this.#wake();
      });
      return next;
    } finally {
      if (!begun) this.#unlock(lock);
    }
  }

  async #look(
    { settledMs }: RosterInForce,
    roster: Roster,
  ): Promise<{ pass: Pass; whole: Plan; plan: Plan; next: number | null }> {
    // What ends while we look was seen as it was before.
    const busy = new Set(this.#inFlight.keys());
    const pass = await observe(this.#context, { roster });
    for (const agent of this.#inFlight.keys()) busy.add(agent);
    const whole = planOf(pass.world, noWords, this.#context.now());
    const now = performance.now();
    const waits: number[] = [];
    let launched = false;
    const plan = restrict(whole, (action) => {
      if (!isReady(action)) return true;
      if (busy.has(action.agent)) return false;
      // Its unit is about to write down how it ended, which counts for backoff; a restart now would cut that off.
      if (isEnding(action)) {
        waits.push(endingMs);
        return false;
      }
      const spacing = launches(action) ? Math.max(0, this.#lastLaunch + roster.startSpacingMs - now) : 0;
      const removal = isRemoval(action) ? Math.max(0, removalDelayMs - settledMs) : 0;
      const wait = Math.max(spacing, removal, this.#pace.waitMs(action, policyOf(pass, action), now));
      if (wait > 0) waits.push(wait);
      // With spacing, one launch per pass: the next is gated by what is the case then.
      const second = launches(action) && roster.startSpacingMs > 0 && launched;
      if (second) waits.push(roster.startSpacingMs);
      if (wait > 0 || second) return false;
      launched ||= launches(action);
      return true;
    });
    const gate = nextLookMs(whole, this.#context.now());
    const all = gate === null ? waits : [...waits, gate];
    return { pass, whole, plan, next: all.length === 0 ? null : Math.min(...all) };
  }

  #begin(pass: Pass, plan: Plan): Promise<void> {
    const ready = plan.actions.filter(isReady);
    const now = performance.now();
    for (const action of ready) {
      this.#pace.begun(action, policyOf(pass, action), now);
      if (launches(action)) this.#lastLaunch = now;
    }
    const replan = ({ world }: Pass): Plan => planOf(world, noWords, this.#context.now());
    const work = carryOut(this.#context, plan, pass, replan, (event) => this.#log.event(event))
      .then(
        () => undefined,
        (error: unknown) => this.#log.trouble('apply', messageOf(error)),
      )
      .then(() => {
        for (const { agent } of ready) this.#inFlight.delete(agent);
        this.#wake();
      });
    for (const { agent } of ready) this.#inFlight.set(agent, work);
    return work;
  }

  #unlock(lock: Lock): void {
    try {
      lock.release();
    } catch (error) {
      // A full disk. Our claim is void as soon as we have ended; until then others wait, and the next pass tries again.
      this.#log.trouble('unlock', messageOf(error));
    }
  }
}

/** Parts of a plan that may go on beside each other: every stop and restart takes as long as its agent's grace. */
function split(plan: Plan): readonly Plan[] {
  const ready = plan.actions.filter(isReady);
  const slow = ready.filter(({ action }) => action === 'stop' || action === 'restart' || action === 'reset');
  const quick = ready.filter((action) => !slow.includes(action));
  const groups = [...slow.map((action) => [action]), ...(quick.length > 0 ? [quick] : [])];
  // What is gated stays in the first part, for the brake's memory.
  return groups.map((group, index) =>
    restrict(plan, (action) => group.includes(action) || (index === 0 && !isReady(action))),
  );
}

const isReady = ({ gate }: PlannedAction): boolean => gate.kind === 'ready';
const hasWork = (plan: Plan): boolean => plan.actions.some(isReady);
const launches = ({ action }: PlannedAction): boolean =>
  action === 'start' || action === 'restart' || action === 'reset';
/** A oneshot unit without any session (no target) ends never by itself. */
const isEnding = ({ reasons, target }: PlannedAction): boolean =>
  target !== null && reasons.some(({ code }) => code === 'ProcessExited');
const isRemoval = ({ reasons }: PlannedAction): boolean => reasons.some(({ code }) => code === 'NotInRoster');
const policyOf = (pass: Pass, { agent }: PlannedAction) =>
  pass.world.desired.get(agent)?.spec.backoff ?? null;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function once(lock: Lock): Lock {
  let released = false;
  return {
    release: () => {
      if (released) return;
      lock.release();
      released = true;
    },
  };
}
