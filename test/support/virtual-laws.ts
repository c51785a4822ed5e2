import { isDeepStrictEqual } from 'node:util';
import type { Plan, PlannedAction } from '../../src/controller/action.js';
import type { World } from '../../src/controller/assess.js';
import { delayMs } from '../../src/controller/backoff.js';
import { holdOn, noWords } from '../../src/controller/gate.js';
import { plan as planOf } from '../../src/controller/plan.js';
import { isQuiet } from '../../src/controller/same-world.js';
import type { Actor } from './actor.js';
import type { Deed } from './fake-host.js';
import type { Carried, VirtualFleet, Witness } from './virtual-fleet.js';
import type { TrueEnd } from './virtual-host.js';

/** A little less than the brake's minute: what is done is done a little after it was written down. */
const windowMs = 55_000;
/** tmux tells seconds. */
const secondMs = 1000;
const yearMs = 365 * 86_400_000;

/** How an agent has ended in a row, as far as it is on record. */
interface Row {
  readonly spec: string;
  readonly count: number;
  readonly dueAt: number;
}

/** Watches what fleet does to a virtual host, with clocks and books of its own. */
export class Laws implements Witness {
  /** When each agent printed last, on the clock that no one sets. */
  readonly printedAt = new Map<string, number>();
  /** When the wall clock was set. */
  readonly jumpsAt: number[] = [];
  /** How often which action was begun, and which gate told, for the history's worth. */
  readonly seen = new Map<string, number>();
  /** What was done against a law. Told at the end: who is in fleet's hands is not heard. */
  readonly broken: string[] = [];
  /** What the controller said last. */
  plan: Plan | null = null;
  readonly #working = new Map<Actor, Set<string>>();
  readonly #carried: { carried: Carried; controller: boolean; at: number }[] = [];
  readonly #disrupted: { agent: string; at: number }[] = [];
  readonly #rows = new Map<string, Row>();
  /** Of agents that have not ended by themselves since. */
  readonly #launchedAt = new Map<string, number>();
  #fleet: VirtualFleet | null = null;

  watch(fleet: VirtualFleet): void {
    this.#fleet = fleet;
    const { host, clock } = fleet;
    host.onDeed = (deed) => this.#did(deed);
    host.onEnd = (end) => this.#ended(end);
    host.onLaunch = (agent, spec) => {
      this.printedAt.set(agent, clock.monotonic());
      fleet.dialogs.delete(agent);
      // One that was stopped after a long run has a clean slate; who stopped it leaves no record.
      const ranMs = clock.monotonic() - (this.#launchedAt.get(agent) ?? Infinity);
      if (ranMs >= this.#backoff(agent).resetAfterMs) this.#rows.delete(agent);
      this.#launchedAt.set(agent, clock.monotonic());
      const row = this.#rows.get(agent);
      if (row?.spec !== spec) return;
      this.#law(clock.monotonic() >= row.dueAt, `${agent} is started before its time`);
      this.#law(row.count < this.#backoff(agent).stallAfter, `${agent} is started although given up`);
    };
  }

  /** The operator gave it another chance; null: everybody. */
  released(agent: string | null): void {
    if (agent === null) this.#rows.clear();
    else this.#rows.delete(agent);
  }

  decided(plan: Plan): void {
    this.plan = plan;
    for (const { gate } of plan.actions) this.#count(gate.kind);
  }

  /** Where nothing is to be done, time alone brings nothing: the controller goes by that. */
  looked(_: Actor, world: World): void {
    const { clock } = this.#fleet ?? {};
    if (clock === undefined) return;
    const plan = planOf(world, noWords, clock.now());
    if (!isQuiet(plan)) return;
    this.#count('quiet');
    const { moment } = world.observed;
    const later = {
      ...world,
      observed: { ...world.observed, moment: { ...moment, ms: moment.ms + yearMs } },
    };
    this.#law(
      isDeepStrictEqual(planOf(later, noWords, clock.now() + yearMs), plan),
      'time alone brings something',
    );
  }

  trouble(during: string, message: string): void {
    this.broken.push(`${during}: ${message}`);
  }

  carries(carried: Carried): () => void {
    const { actor, plan, world } = carried;
    const controller = actor.name === 'controller';
    const working = this.#working.get(actor) ?? new Set();
    this.#working.set(actor, working);
    const ready = plan.actions.filter(({ gate }) => gate.kind === 'ready');
    const { units, tmux, memory } = world.observed;
    const known = units.known && tmux.known && memory.known;
    this.#law(known || ready.length === 0, 'unknown never acts');
    for (const action of ready) {
      const { agent } = action;
      this.#law(!working.has(agent), `${agent} is acted upon twice at once`);
      working.add(agent);
      this.#count(`${controller ? 'controller' : 'command'} ${action.action}`);
      if (controller) this.#allowed(action, world);
    }
    this.#carried.push({ carried, controller, at: this.#now() });
    return () => {
      for (const { agent } of ready) working.delete(agent);
    };
  }

  #law(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(otherwise);
  }

  #now(): number {
    return this.#fleet?.clock.monotonic() ?? 0;
  }

  #backoff(agent: string) {
    const spec = this.#fleet?.file.roster.agents.find(({ name }) => name === agent);
    return spec?.backoff ?? { baseMs: 0, maxMs: 0, resetAfterMs: 0, stallAfter: Infinity };
  }

  /** What the controller does of its own accord to what lives, judged by what it has seen. */
  #allowed(action: PlannedAction, world: World): void {
    const { agent, live } = action;
    const { memory } = world.observed;
    if (!memory.known || this.#fleet === null) return;
    this.#law(holdOn(agent, memory.value, this.#fleet.clock.now()) === null, `${agent} is held`);
    if (live === null || !['restart', 'reset'].includes(action.action)) return;
    const desired = world.desired.get(agent);
    if (desired?.kind !== 'resolved') {
      this.broken.push(`${agent}: ${action.action} into nothing`);
      return;
    }
    const { spec } = desired;
    const [specMark, contextMark] = action.applied.split('/');
    const moved =
      specMark !== desired.specHash || (contextMark !== desired.contextHash && spec.resetBetweenTasks);
    this.#law(moved, `${agent}: ${action.action} without a change`);
    if (spec.disruption === 'immediate') return;
    this.#law(!live.attached, `${agent} is disrupted under somebody's eyes`);
    this.#law(!this.#fleet.dialogs.has(agent), `${agent} is disrupted while a dialog waits`);
    const printed = this.printedAt.get(agent) ?? -Infinity;
    const idle = this.#now() - printed;
    // Who looks for the first time since the clock was set has nothing but the clock.
    const first = this.#fleet.controllerSince + secondMs;
    const misled = this.jumpsAt.some((at) => printed <= at && at <= first);
    this.#law(misled || idle + secondMs >= spec.idleAfterMs, `${agent} is disrupted while busy`);
    if (spec.disruption !== 'ask') return;
    const approved = memory.value.approvals.some(
      (one) => one.kind === 'agent' && one.agent === agent && one.desired === action.desired,
    );
    this.#law(approved, `${agent} is disrupted without approval`);
  }

  #did({ what, agent, foreign }: Deed): void {
    this.#law(!foreign, `${agent} is a stranger, and was ${what}`);
    if (what === 'adopted') return;
    const reasonFor = this.#carried.findLast(({ carried: { plan } }) =>
      plan.actions.some((one) => one.agent === agent && one.gate.kind === 'ready' && one.action !== 'update'),
    );
    this.#law(reasonFor !== undefined, `${agent} was ${what} and in no plan`);
    if (reasonFor === undefined || !reasonFor.controller || this.#fleet === null) return;
    const { plan, world } = reasonFor.carried;
    const { memory, tmux } = world.observed;
    if (plan.actions.find((one) => one.agent === agent)?.live == null || !memory.known) return;
    const { approvals } = memory.value;
    const named = approvals.some((one) => one.kind === 'agent' && one.agent === agent);
    const confirmed = approvals.some((one) => one.kind === 'fleet' && one.revision === plan.rosterRevision);
    const now = this.#now();
    if (!named) this.#disrupted.push({ agent, at: now });
    if (named || confirmed) return;
    const recent = new Set(this.#disrupted.filter(({ at }) => now - at < windowMs).map((one) => one.agent));
    const sessions = tmux.known ? (tmux.value?.sessions ?? []) : [];
    const live = new Set([...sessions.flatMap(({ marks }) => marks.agent ?? []), ...recent]).size;
    const { kind, value } = world.roster.maxDisruption;
    const allowed =
      recent.size < 3 || (kind === 'count' ? recent.size <= value : recent.size * 100 <= live * value);
    this.#law(allowed, `the brake lets ${recent.size} of ${live} go`);
  }

  #ended({ agent, reason, spec, ranMs, recorded }: TrueEnd): void {
    this.#launchedAt.delete(agent);
    const policy = this.#backoff(agent);
    if (reason === 'server-gone' && ranMs >= policy.resetAfterMs) this.#rows.delete(agent);
    if (reason === 'server-gone') return;
    const before = this.#rows.get(agent);
    // What is not on record is for the controller's own pace, which forgets with it.
    if (!recorded || policy.stallAfter === Infinity) return;
    const again = before?.spec === spec && ranMs < policy.resetAfterMs;
    const count = again ? before.count + 1 : 1;
    this.#rows.set(agent, { spec, count, dueAt: this.#now() + delayMs(count, policy) });
  }

  #count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }
}
