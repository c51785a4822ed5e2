import * as fc from 'fast-check';
import { anotherChance } from '../../src/controller/backoff.js';
import { noWords } from '../../src/controller/gate.js';
import { operatorPlan } from '../../src/controller/operator-plan.js';
import { plan as planOf } from '../../src/controller/plan.js';
import type { Roster } from '../../src/roster/types.js';
import { edit, edited, firstRoster, name, type Edit, type RosterDoc } from './roster-edits.js';
import { rosterOf } from './scene.js';
import { VirtualFleet } from './virtual-fleet.js';
import { Laws } from './virtual-laws.js';

const day = 86_400_000;

/** What may happen to a fleet with a controller. */
export type Event =
  | { readonly kind: 'edit'; readonly edit: Edit }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'command'; readonly what: 'apply' | 'stop' | 'restart'; readonly name: string; readonly dieAfter: number | null }
  | { readonly kind: 'blind'; readonly source: 'units' | 'tmux' | 'memory' }
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'doom'; readonly calls: number }
  | { readonly kind: 'fleet'; readonly what: FleetEvent }
  | { readonly kind: 'agent'; readonly what: AgentEvent; readonly name: string }; // prettier-ignore

const fleetEvents = [
  'kill-server',
  'approve-all',
  'see',
  'spoil',
  'kill-controller',
  'start-controller',
] as const;
type FleetEvent = (typeof fleetEvents)[number];
const agentEvents = [
  ...(['exit', 'kill-session', 'print', 'attach', 'detach', 'cripple', 'ail', 'heal', 'stubborn'] as const),
  ...([
    'stuck',
    'traceless',
    'slow',
    'stranger',
    'split',
    'hold',
    'release',
    'approve',
    'ask',
    'answer',
  ] as const),
];
type AgentEvent = (typeof agentEvents)[number];

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: edit.map((one) => ({ kind: 'edit' as const, edit: one })) },
  { weight: 8, arbitrary: fc.constantFrom(7, 60, 500, 1100, 5000, 31_000, 61_000).map((ms) => ({ kind: 'pass' as const, ms })) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('command' as const), what: fc.constantFrom('apply' as const, 'stop' as const, 'restart' as const), name, dieAfter: fc.option(fc.nat(20)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('blind' as const), source: fc.constantFrom('units' as const, 'tmux' as const, 'memory' as const) }) },
  { weight: 1, arbitrary: fc.constantFrom(day, -day).map((ms) => ({ kind: 'jump' as const, ms })) },
  { weight: 2, arbitrary: fc.nat(25).map((calls) => ({ kind: 'doom' as const, calls })) },
  { weight: 4, arbitrary: fc.constantFrom(...fleetEvents).map((what) => ({ kind: 'fleet' as const, what })) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('agent' as const), what: fc.constantFrom(...agentEvents), name }) },
); // prettier-ignore

export const events = fc.array(event, { minLength: 5, maxLength: 25, size: 'max' });

const defaults = { backoff: { base: '1s', max: '30s', reset_after: '1m', stall_after: 3 }, stop_grace: '3s' };
const compiled = new Map<string, Roster | null>();

/** The roster of a document; null where it is none. Compiled once. */
function compile(doc: RosterDoc): Roster | null {
  const key = JSON.stringify(doc);
  let roster = compiled.get(key);
  if (roster !== undefined) return roster;
  try {
    roster = rosterOf(doc.agents, { defaults: { ...defaults, ...doc.defaults }, templates: doc.templates });
  } catch {
    roster = null;
  }
  compiled.set(key, roster);
  return roster;
}

/** One fleet, its controller and its operator, through what happens to them. */
export class VirtualStory {
  readonly laws = new Laws();
  readonly fleet: VirtualFleet;
  doc: RosterDoc = firstRoster;

  constructor() {
    this.fleet = new VirtualFleet(compile(firstRoster)!, this.laws);
    this.fleet.resyncMs = 60_000;
    this.laws.watch(this.fleet);
    this.fleet.startController();
  }

  async live(history: readonly Event[]): Promise<void> {
    await this.fleet.clock.advance(2000);
    for (const one of history) {
      this.happen(one);
      await this.fleet.clock.advance(one.kind === 'pass' ? one.ms : 3);
    }
  }

  happen(one: Event): void {
    const { fleet, laws } = this;
    const { host, clock } = fleet;
    switch (one.kind) {
      case 'pass':
        return;
      case 'edit': {
        const doc = edited(this.doc, one.edit);
        const roster = compile(doc);
        if (roster === null) return;
        this.doc = doc;
        fleet.write(roster);
        return;
      }
      case 'command':
        this.#command(one.what, one.name, one.dieAfter);
        return;
      case 'blind':
        host.blind[one.source] = true;
        return;
      case 'jump':
        clock.jump(one.ms);
        laws.jumpsAt.push(clock.monotonic());
        return;
      case 'doom':
        if (fleet.controller !== null) fleet.controller.actor.callsLeft = one.calls;
        return;
      case 'fleet':
        this.#ofFleet(one.what);
        return;
      case 'agent':
        this.#ofAgent(one.what, one.name);
        if (one.what === 'release') laws.released(one.name);
    }
  }

  /** Whatever stood in the way is gone, and the controller runs. */
  async calm(): Promise<void> {
    const { fleet } = this;
    const { host } = fleet;
    Object.assign(host.blind, { units: false, tmux: false, memory: false });
    for (const one of [host.crippled, host.lives, host.stubborn, host.stuck, host.traceless, host.startMs])
      one.clear();
    fleet.dialogs.clear();
    for (const session of host.server?.sessions ?? []) session.attached = 0;
    fleet.write(compile(this.doc)!);
    fleet.startController();
    await fleet.clock.advance(240_000);
  }

  #command(what: 'apply' | 'stop' | 'restart', agent: string, dieAfter: number | null): void {
    const { fleet, laws } = this;
    if (!fleet.file.roster.agents.some((one) => one.name === agent) || fleet.file.problem !== null) return;
    if (Object.values(fleet.host.blind).some((blind) => blind)) return;
    if (what === 'stop') {
      fleet.host.holds.set(agent, { since: fleet.host.now, until: null, reason: null, by: 'stop' });
    }
    void fleet.command(
      what,
      (world) => {
        if (what === 'apply') return planOf(world, noWords, fleet.clock.now());
        // The word counts when its turn has come: until then others may have tried and failed.
        if (what === 'restart') laws.released(agent);
        return operatorPlan(world, what, [agent], fleet.clock.now());
      },
      dieAfter,
    );
  }

  #ofFleet(what: FleetEvent): void {
    const { fleet } = this;
    const { host } = fleet;
    switch (what) {
      case 'kill-server':
        host.killServer();
        return;
      case 'approve-all':
        host.approvals = [...host.approvals, { kind: 'fleet', revision: fleet.file.roster.revision }];
        fleet.wake();
        return;
      case 'see':
        Object.assign(host.blind, { units: false, tmux: false, memory: false });
        return;
      case 'spoil':
        fleet.spoil('not YAML');
        return;
      case 'kill-controller':
        fleet.killController();
        return;
      case 'start-controller':
        fleet.startController();
    }
  }

  #ofAgent(what: AgentEvent, agent: string): void {
    const { fleet, laws } = this;
    const { host, clock } = fleet;
    const session = host.sessionOf(agent);
    const pane = session?.ownPane();
    switch (what) {
      case 'exit':
        if (session !== undefined) host.exit(session);
        return;
      case 'kill-session':
        if (session !== undefined) host.endSession(session);
        return;
      case 'print':
        if (pane !== undefined) pane.lastOutputAt = Math.floor(host.now / 1000);
        laws.printedAt.set(agent, clock.monotonic());
        return;
      case 'attach':
      case 'detach':
        if (session !== undefined) session.attached = what === 'attach' ? 1 : 0;
        host.onChange();
        return;
      case 'ail':
        host.lives.set(agent, 700);
        return;
      case 'cripple':
      case 'stubborn':
      case 'stuck':
      case 'traceless':
        ({ cripple: host.crippled, stubborn: host.stubborn, stuck: host.stuck, traceless: host.traceless })[
          what
        ].add(agent);
        return;
      case 'heal':
        for (const one of [host.crippled, host.lives, host.stuck, host.traceless]) one.delete(agent);
        return;
      case 'slow':
        host.startMs.set(agent, 4000);
        return;
      case 'stranger': {
        const free = host.server?.sessions.every((one) => one.name !== agent.replaceAll('.', '_'));
        if (free === true && !host.units.has(agent))
          host.server?.create(agent.replaceAll('.', '_'), {}, true);
        return;
      }
      case 'split':
        if (session !== undefined) host.server?.split(session);
        return;
      case 'hold':
        host.holds.set(agent, { since: host.now, until: null, reason: null, by: 'hold' });
        return;
      case 'release':
        host.holds.delete(agent);
        host.failures = anotherChance(host.failures, new Set([agent]), host.moment);
        fleet.wake();
        return;
      case 'approve': {
        const waiting = planOf(host.observe(fleet.file.roster), noWords, host.now).actions.find(
          (one) => one.agent === agent && one.gate.kind === 'needs-approval',
        );
        if (waiting === undefined) return;
        const { action, applied, desired } = waiting;
        host.approvals = [...host.approvals, { kind: 'agent', agent, action, applied, desired }];
        fleet.wake();
        return;
      }
      case 'ask':
        if (pane !== undefined) fleet.dialogs.add(agent);
        return;
      case 'answer':
        fleet.dialogs.delete(agent);
    }
  }
}
