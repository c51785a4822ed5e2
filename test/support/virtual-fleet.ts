import type { Plan } from '../../src/controller/action.js';
import { apply, type ActionResult } from '../../src/controller/apply.js';
import type { World } from '../../src/controller/assess.js';
import { countEnds } from '../../src/controller/backoff.js';
import { LongRuns, withCleanSlate } from '../../src/controller/clean-slate.js';
import { LookTurns } from '../../src/controller/look-turns.js';
import { Loop } from '../../src/controller/loop.js';
import { Reconciler, type ReconcilerPort, type Sight } from '../../src/controller/reconciler.js';
import { lookAgainMs, VoidTwice, voidIn } from '../../src/controller/void-memory.js';
import type { Roster } from '../../src/roster/types.js';
import { ok } from '../../src/roster/result.js';
import { Actor } from './actor.js';
import { launching } from './fake-host.js';
import { unitsOf } from './fake-observation.js';
import { VirtualClock } from './virtual-clock.js';
import { VirtualHost } from './virtual-host.js';

export interface Carried {
  readonly actor: Actor;
  readonly plan: Plan;
  readonly world: World;
}

/** Whoever watches what fleet does; see virtual-laws.ts. */
export interface Witness {
  looked?(actor: Actor, world: World): void;
  /** Before anything is done. What it returns is called afterwards. */
  carries?(carried: Carried): (results: readonly ActionResult[]) => void;
  trouble?(during: string, message: string): void;
  decided?(plan: Plan): void;
}

/** A host, a roster file, a lock, and the processes of fleet that work with them, all in virtual time. */
export class VirtualFleet {
  readonly clock = new VirtualClock();
  readonly host = new VirtualHost(this.clock);
  readonly witness: Witness;
  readonly file: { roster: Roster; problem: string | null; changedAt: number };
  controller: { readonly actor: Actor; readonly loop: Loop; readonly reconciler: Reconciler<Sight> } | null =
    null;
  /** Why nothing may be done, as if the units were not installed. */
  refusal: string | null = null;
  /** How long a look takes, milliseconds. */
  lookMs = 6;
  resyncMs = 15_000;
  /** When the controller was started last, on the clock that no one sets. */
  controllerSince = -Infinity;
  /** Agents whose screens show a dialog; how often screens were asked. */
  readonly dialogs = new Set<string>();
  /** Agents that somebody is talking to. */
  readonly spokenTo = new Set<string>();
  asked = 0;
  looks = 0;
  readonly lookedAt: number[] = [];
  #lockedBy: Actor | null = null;
  /** How often the lock was had. */
  #locks = 0;
  #commands = 0;
  readonly #turns = new WeakMap<Actor, LookTurns<World>>();
  readonly #rosters = new Map<string, Roster>();

  constructor(roster: Roster, witness: Witness = {}) {
    this.witness = witness;
    this.file = { roster, problem: null, changedAt: -Infinity };
    this.host.onChange = () => this.wake();
  }

  // ---- what an operator does to the file ----

  write(roster: Roster): void {
    Object.assign(this.file, { roster, problem: null, changedAt: this.clock.monotonic() });
    this.wake();
  }

  /** The file is no roster any more. */
  spoil(problem: string): void {
    Object.assign(this.file, { problem, changedAt: this.clock.monotonic() });
    this.wake();
  }

  wake(): void {
    this.controller?.loop.wake();
  }

  // ---- the controller ----

  startController(): void {
    this.killController();
    const actor = new Actor('controller');
    const port = this.#port(actor);
    const turns = new LookTurns({ now: port.monotonic, after: port.after }, 50, (revision) =>
      this.#lookNow(actor, this.#rosters.get(revision) ?? this.file.roster),
    );
    this.#turns.set(actor, turns);
    const reconciler = new Reconciler<Sight>(port);
    const loop = new Loop(
      {
        pass: () => reconciler.pass(),
        now: this.clock.monotonic,
        after: port.after,
        random: () => 0,
      },
      { gapMs: 50, resyncMs: this.resyncMs },
    );
    this.controller = { actor, loop, reconciler };
    this.controllerSince = this.clock.monotonic();
    loop.wake();
  }

  killController(): void {
    this.controller?.actor.kill();
    this.controller = null;
  }

  #port(actor: Actor): ReconcilerPort<Sight> {
    let last: Roster | null = null;
    const voids = new VoidTwice();
    const runs = new LongRuns();
    const port: ReconcilerPort<Sight> = {
      roster: () => {
        const { roster, problem, changedAt } = this.file;
        if (problem === null) last = roster;
        return { roster: last, problem, settledMs: this.clock.monotonic() - changedAt, replaced: false };
      },
      observe: async (roster) => ({ world: await this.#look(actor, roster), refusal: this.refusal }),
      lockMark: () => (this.#lockedBy === null ? this.#locks : null),
      tryLock: (mark) =>
        actor.waitFor(
          this.clock.sleep(0).then(() => {
            const lock = this.#tryLock(actor);
            return lock === null ? null : { ...lock, undisturbed: this.#locks - 1 === mark };
          }),
        ),
      askScreens: () => (actions) => {
        this.asked += 1;
        const barred = actions.filter(({ agent }) => this.dialogs.has(agent));
        const barrier = { message: 'a dialog waits for a human', turn: true };
        return Promise.resolve(new Map(barred.map(({ agent }) => [agent, barrier])));
      },
      spokenTo: () => this.spokenTo,
      carryOut: (plan, { world }, replan) => this.#carryOut(actor, plan, world, replan),
      report: {
        rosterState: () => undefined,
        looked: ({ world }, plan, working) => {
          if (working.size === 0 && this.file.problem === null) {
            const found = voids.look(voidIn(plan, world.observed.memory));
            const gone = found.approvals.map((one) => JSON.stringify(one));
            this.host.approvals = this.host.approvals.filter((one) => !gone.includes(JSON.stringify(one)));
            if (found.brake) this.host.braked = null;
            if (found.again) port.after(lookAgainMs, port.wake);
          }
          this.host.failures = withCleanSlate(this.host.failures, runs.look(world, this.clock.monotonic()));
          this.witness.decided?.(plan);
        },
        trouble: (during, message) => {
          if (!actor.isDead) this.witness.trouble?.(during, message);
        },
      },
      now: this.clock.now,
      monotonic: this.clock.monotonic,
      after: (ms, callback) =>
        actor.isDead
          ? () => undefined
          : this.clock.after(ms, () => {
              if (!actor.isDead) callback();
            }),
      wake: () => {
        if (!actor.isDead && this.controller?.actor === actor) this.controller.loop.wake();
      },
    };
    return port;
  }

  // ---- commands ----

  /** A command: waits for the lock, looks, and carries out what it wants. */
  async command(name: string, planOf: (world: World) => Plan, dieAfter: number | null = null): Promise<void> {
    const actor = new Actor(`${name} ${(this.#commands += 1)}`);
    actor.callsLeft = dieAfter;
    for (let tries = 0; tries < 200; tries += 1) {
      const lock = this.#tryLock(actor);
      if (lock !== null) {
        const { roster } = this.file;
        const world = await this.#look(actor, roster);
        await this.#carryOut(actor, planOf(world), world, planOf).catch(() => undefined);
        lock.release();
        this.wake();
        return;
      }
      await this.clock.sleep(50);
    }
  }

  // ---- what they share ----

  #tryLock(actor: Actor): { release: () => void } | null {
    if (this.#lockedBy !== null || actor.isDead) return null;
    this.#lockedBy = actor;
    this.#locks += 1;
    const release = (): void => {
      if (this.#lockedBy === actor) this.#lockedBy = null;
    };
    actor.onDeath(release);
    return { release };
  }

  /** The controller's looks take turns; a command asks whenever it wants to know. */
  #look(actor: Actor, roster: Roster): Promise<World> {
    const turns = this.#turns.get(actor);
    if (turns === undefined) return this.#lookNow(actor, roster);
    this.#rosters.set(roster.revision, roster);
    return actor.waitFor(turns.take(roster.revision));
  }

  /** systemd, then tmux, then what is remembered, a little apart. */
  async #lookNow(actor: Actor, roster: Roster): Promise<World> {
    this.looks += 1;
    this.lookedAt.push(this.clock.monotonic());
    const units = unitsOf(this.host);
    await actor.waitFor(this.clock.sleep(this.lookMs));
    const seen = this.host.observe(roster, units);
    this.witness.looked?.(actor, seen);
    return seen;
  }

  async #carryOut(
    actor: Actor,
    plan: Plan,
    world: World,
    replan: (world: World) => Plan,
  ): Promise<readonly ActionResult[]> {
    const { host, clock } = this;
    const done = this.witness.carries?.({ actor, plan, world });
    const { roster } = world;
    if (world.observed.memory.known)
      host.failures = countEnds(host.failures, world.observed.ends, world.desired);
    const results = await apply(
      plan,
      world,
      {
        actuators: actor.handsOn(host),
        ...launching(roster.socketName),
        monotonic: clock.monotonic,
        observe: () => this.#look(actor, roster),
        planAgain: async () =>
          ok(replan(await this.#look(actor, this.file.problem === null ? this.file.roster : roster))),
        report: () => undefined,
        pause: (ms) => actor.waitFor(clock.sleep(ms)),
        interrupted: () => false,
      },
      clock.now(),
    );
    done?.(results);
    return results;
  }
}
