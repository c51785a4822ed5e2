import * as fc from 'fast-check';
import { apply, type ActionResult } from '../../src/controller/apply.js';
import { noWords, type Words } from '../../src/controller/gate.js';
import { operatorPlan } from '../../src/controller/operator-plan.js';
import { plan } from '../../src/controller/plan.js';
import type { Roster } from '../../src/roster/types.js';
import { ok } from '../../src/roster/result.js';
import { FakeHost, FleetKilled, launching } from './fake-host.js';
import { judge } from './judge.js';
import { rosterOf } from './scene.js';
import { edit, edited, firstRoster, name, type Edit, type RosterDoc } from './roster-edits.js';

/** What may happen to a fleet. */
export type Happening =
  | { readonly kind: 'apply'; readonly words: WordsDoc; readonly dieAfter: number | null }
  | { readonly kind: 'command'; readonly command: 'stop' | 'restart'; readonly name: string | null }
  | { readonly kind: 'edit'; readonly edit: Edit }
  | { readonly kind: 'blind'; readonly source: 'units' | 'tmux' | 'memory' }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'kill-server' | 'approve-all' | 'hold-fleet' | 'release-fleet' }
  | { readonly kind: 'mishap'; readonly mishap: Mishap; readonly name: string };

const mishaps = [
  ...[
    'crash',
    'exit',
    'kill-session',
    'stranger',
    'foreign-unit',
    'predecessor',
    'split',
    'attach',
    'detach',
  ],
  ...[
    'rename',
    'busy',
    'cripple',
    'heal',
    'obstacle',
    'unreadable',
    'site-line',
    'hold',
    'release',
    'approve',
  ],
] as const;
type Mishap = (typeof mishaps)[number];

interface WordsDoc {
  readonly now: boolean;
  readonly approve: readonly string[];
  readonly confirm: boolean;
}

const rarely = fc.integer({ min: 0, max: 4 }).map((number) => number === 0);
const words = fc.record({
  now: rarely,
  approve: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(name) }),
  confirm: rarely,
});

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('apply' as const), words, dieAfter: fc.option(fc.nat(40), { freq: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('command' as const), command: fc.constantFrom('stop' as const, 'restart' as const), name: fc.option(name) }) },
  { weight: 6, arbitrary: edit.map((one) => ({ kind: 'edit' as const, edit: one })) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('blind' as const), source: fc.constantFrom('units' as const, 'tmux' as const, 'memory' as const) }) },
  { weight: 3, arbitrary: fc.constantFrom(3, 40, 61, 600).map((seconds) => ({ kind: 'pass' as const, seconds })) },
  { weight: 2, arbitrary: fc.constantFrom('kill-server' as const, 'approve-all' as const, 'hold-fleet' as const, 'release-fleet' as const).map((kind) => ({ kind })) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('mishap' as const), mishap: fc.constantFrom(...mishaps), name }) },
); // prettier-ignore

export const history = fc.array(happening, { minLength: 10, maxLength: 50, size: 'max' });

/** One fleet that lives through what happens to it, judged at every pass. */
export class Story {
  readonly host = new FakeHost();
  doc: RosterDoc = firstRoster;
  roster: Roster = this.#compile();
  /** How often which action came under which gate, and what became of it. */
  readonly seen = new Map<string, number>();
  /** When agents were disrupted by passes, for the brake. */
  readonly disruptions: { agent: string; at: number }[] = [];

  #compile(): Roster {
    const { agents, defaults, templates } = this.doc;
    return rosterOf(agents, { defaults, templates });
  }

  setRoster(doc: RosterDoc): void {
    const before = this.doc;
    this.doc = doc;
    try {
      this.roster = this.#compile();
    } catch {
      // An invalid roster changes nothing.
      this.doc = before;
    }
  }

  async live(history: readonly Happening[]): Promise<void> {
    for (const one of history) await this.happen(one);
  }

  async happen(one: Happening): Promise<void> {
    const { host } = this;
    switch (one.kind) {
      case 'apply':
        await this.pass({ ...one.words, approve: new Set(one.words.approve) }, one.dieAfter);
        return;
      case 'command':
        await this.command(one.command, one.name);
        return;
      case 'edit':
        this.setRoster(edited(this.doc, one.edit));
        return;
      case 'blind':
        host.blind[one.source] = true;
        return;
      case 'pass':
        host.now += one.seconds * 1000;
        return;
      case 'kill-server':
        host.killServer();
        return;
      case 'approve-all':
        host.approvals = [...host.approvals, { kind: 'fleet', revision: this.roster.revision }];
        return;
      case 'hold-fleet':
        host.fleetHold = { since: host.now, until: host.now + 50_000, reason: null, by: 'hold' };
        return;
      case 'release-fleet':
        host.fleetHold = null;
        return;
      case 'mishap':
        this.mishap(one.mishap, one.name);
    }
  }

  mishap(kind: Mishap, agent: string): void {
    const { host } = this;
    const session = host.sessionOf(agent);
    const pane = session?.ownPane();
    const names = (host.server?.sessions ?? []).map((each) => each.name);
    const sessionName = agent.replaceAll('.', '_');
    switch (kind) {
      case 'crash':
      case 'kill-session':
        if (session !== undefined) host.endSession(session);
        return;
      case 'exit':
        if (pane !== undefined) pane.dead = true;
        return;
      case 'stranger':
        // Under a oneshot unit of the predecessor its session and a stranger's look the same.
        if (!names.includes(sessionName) && host.units.get(agent)?.sub !== 'exited')
          host.server?.create(sessionName, {}, true);
        return;
      case 'foreign-unit':
        // An agent of another home: no session on our socket, no env file of ours.
        if (!host.units.has(`${agent}-x`))
          host.units.set(`${agent}-x`, { active: 'active', sub: 'running', session: null });
        return;
      case 'predecessor': {
        // What was there under this name makes way for a session that a unit of the predecessor started.
        const isFree = session?.name === sessionName || !names.includes(sessionName);
        if (host.server === null || !isFree) return;
        if (session !== undefined) host.endSession(session);
        const made = host.server.create(sessionName, {});
        host.units.set(agent, { active: 'active', sub: 'exited', session: made });
        return;
      }
      case 'split':
        if (session !== undefined) host.server?.split(session);
        return;
      case 'attach':
      case 'detach':
        if (session !== undefined) session.attached = kind === 'attach' ? 1 : 0;
        return;
      case 'rename':
        if (session !== undefined && !names.includes('renamed')) session.name = 'renamed';
        return;
      case 'busy':
        if (pane !== undefined) pane.lastOutputAt = host.now / 1000;
        return;
      case 'cripple':
        host.crippled.add(agent);
        return;
      case 'heal':
        for (const set of [host.crippled, host.unreadable]) set.delete(agent);
        host.obstacles.delete(agent);
        return;
      case 'obstacle':
        host.obstacles.set(agent, 'codex is not in PATH');
        return;
      case 'unreadable':
        host.unreadable.add(agent);
        return;
      case 'site-line':
        host.envFiles.set(agent, `${host.envFiles.get(agent) ?? ''}SITE=${host.now}\n`);
        return;
      case 'hold':
        host.holds.set(agent, { since: host.now, until: null, reason: null, by: 'hold' });
        return;
      case 'release':
        host.holds.delete(agent);
        return;
      case 'approve': {
        const waiting = plan(host.observe(this.roster), noWords, host.now).actions.find(
          (action) => action.agent === agent && action.gate.kind === 'needs-approval',
        );
        if (waiting !== undefined) {
          const { action, applied, desired } = waiting;
          host.approvals = [...host.approvals, { kind: 'agent', agent, action, applied, desired }];
        }
      }
    }
  }

  /** One pass of `fleet apply`; null where fleet was killed in the middle of it. */
  async pass(given: Words, dieAfter: number | null = null): Promise<readonly ActionResult[] | null> {
    const world = this.host.observe(this.roster);
    return this.#carryOut(world, plan(world, given, this.host.now), given, dieAfter);
  }

  /** Whatever stood in the way is gone, and everybody is idle. Strangers stay. */
  calm(): void {
    const { host } = this;
    host.now += 600_000;
    host.fleetHold = null;
    for (const one of [host.holds, host.crippled, host.unreadable, host.obstacles]) one.clear();
    for (const session of host.server?.sessions ?? []) session.attached = 0;
  }

  /** `fleet stop` or `fleet restart`, with the hold that `stop` takes. */
  async command(command: 'stop' | 'restart', agent: string | null): Promise<void> {
    const known = agent === null || this.roster.agents.some((one) => one.name === agent);
    if (!known || this.host.blind.memory) return;
    const hold = { since: this.host.now, until: null, reason: null, by: 'stop' } as const;
    if (command === 'stop' && agent === null) this.host.fleetHold = hold;
    if (command === 'stop' && agent !== null) this.host.holds.set(agent, hold);
    const world = this.host.observe(this.roster);
    const wanted = operatorPlan(world, command, agent === null ? null : [agent], this.host.now);
    await this.#carryOut(world, wanted, null, null);
  }

  async #carryOut(
    world: ReturnType<FakeHost['observe']>,
    wanted: ReturnType<typeof plan>,
    given: Words | null,
    dieAfter: number | null,
  ): Promise<readonly ActionResult[] | null> {
    const { host, roster } = this;
    const verdict = judge(this, world, wanted, given);
    host.callsLeft = dieAfter;
    let results: readonly ActionResult[] | null = null;
    try {
      results = await apply(
        wanted,
        world,
        {
          actuators: host,
          ...launching(roster.socketName),
          observe: () => Promise.resolve(host.observe(roster)),
          // The operator's own word, restart or stop, does not change its mind.
          planAgain: () =>
            Promise.resolve(ok(given === null ? wanted : plan(host.observe(roster), given, host.now))),
          report: () => undefined,
          pause: (ms) => {
            host.now += ms;
            return Promise.resolve();
          },
          interrupted: () => false,
        },
        host.now,
      );
    } catch (error) {
      if (!(error instanceof FleetKilled)) throw error;
    }
    host.callsLeft = null;
    if (results === null) this.#count('fleet killed');
    if (wanted.unknownAgents.length > 0) this.#count('agent unknown');
    for (const { action, gate } of wanted.actions) this.#count(`${action} ${gate.kind}`);
    for (const { kind, action } of results ?? []) this.#count(`${action.action} ${kind}`);
    verdict(results);
    Object.assign(host.blind, { units: false, tmux: false, memory: false });
    return results;
  }

  #count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }
}
