import type { Moment } from '../../src/controller/backoff.js';
import type { Outcome } from '../../src/controller/port.js';
import { FakeHost, type Deed } from './fake-host.js';
import type { FakeSession } from './fake-server.js';
import type { VirtualClock } from './virtual-clock.js';

/** What one end of an agent was, as the host knows it, whether or not it is on record. */
export interface TrueEnd {
  readonly agent: string;
  readonly reason: string;
  readonly spec: string;
  readonly ranMs: number;
  readonly recorded: boolean;
}

interface Job {
  readonly done: Promise<Outcome>;
}

/** Time that a killed session, a dead pane or server takes until the unit has written down how it ended. */
const endingMs = 40;
const quickStopMs = 20;
const holderRestartMs = 100;

/**
 * The fake host in virtual time: starts and stops take a while, agents die when their time is up, units write exit
 * records as agent-run.sh does. What systemd was asked to do goes on when the one who asked has died.
 */
export class VirtualHost extends FakeHost {
  /** Agents whose every process ends so long after it came up, milliseconds. */
  readonly lives = new Map<string, number>();
  /** How long starts take that take longer than others, milliseconds. */
  readonly startMs = new Map<string, number>();
  /** Agents that do not end before their grace is over. */
  readonly stubborn = new Set<string>();
  /** Agents whose ends leave no record. */
  readonly traceless = new Set<string>();
  /** Agents whose unit is on its way down before their end is on record. */
  readonly late = new Set<string>();
  /** Agents whose unit does not follow when the process has ended. */
  readonly stuck = new Set<string>();
  /** Called when tmux's hooks would wake the controller. */
  onChange: () => void = () => undefined;
  onEnd: (end: TrueEnd) => void = () => undefined;
  onLaunch: (agent: string, spec: string) => void = () => undefined;
  onDeed: (deed: Deed) => void = () => undefined;
  /** Invocation ids; the last eight digits are the jitter. */
  nextInvocation: () => string = () => (this.#invocations += 1).toString(16).padStart(24, '0') + '00000000';
  readonly #clock: VirtualClock;
  readonly #jobs = new Map<string, Job>();
  readonly #bornAt = new Map<FakeSession, number>();
  #invocations = 0;

  constructor(clock: VirtualClock) {
    super();
    this.#clock = clock;
  }

  override get now(): number {
    return this.#clock.now();
  }

  override set now(_: number) {
    throw new Error('the time of a virtual host is its clock');
  }

  override get moment(): Moment {
    return { boot: 'boot', ms: this.#clock.monotonic() };
  }

  protected override deed(what: Deed['what'], agent: string, session: FakeSession): void {
    const before = this.deeds.length;
    super.deed(what, agent, session);
    for (const deed of this.deeds.slice(before)) this.onDeed(deed);
  }

  // ---- systemd ----

  override async startUnits(agents: readonly string[]): Promise<Outcome> {
    this.calls += 1;
    return first(await Promise.all(agents.map((agent) => this.#start(agent))));
  }

  override async stopUnits(agents: readonly string[]): Promise<Outcome> {
    this.calls += 1;
    return first(await Promise.all(agents.map((agent) => this.#stop(agent, 'stopped'))));
  }

  override async restartUnits(agents: readonly string[]): Promise<Outcome> {
    this.calls += 1;
    const restart = async (agent: string): Promise<Outcome> =>
      (await this.#stop(agent, 'restarted')) ?? (await this.#start(agent));
    return first(await Promise.all(agents.map(restart)));
  }

  async #start(agent: string): Promise<Outcome> {
    const active = this.units.get(agent)?.active;
    if (active === 'active') return null;
    const under = this.#jobs.get(agent);
    if (under !== undefined) {
      const outcome = await under.done;
      return active === 'activating' ? outcome : this.#start(agent);
    }
    return this.#job(agent, async () => {
      if (active === undefined) this.limitsInForce.set(agent, this.limitsWritten.get(agent));
      const spec = this.launchRecords.get(agent)?.split('\0')[4] ?? '';
      const session = this.crippled.has(agent) ? null : this.createSession(agent, this.nextInvocation());
      this.onLaunch(agent, spec);
      if (session === null) {
        this.#fails(agent, 'start-failed', spec, this.#clock.monotonic());
        return 'Job failed';
      }
      this.#bornAt.set(session, this.#clock.monotonic());
      this.units.set(agent, { active: 'activating', sub: 'start', session });
      await this.#clock.sleep(this.startMs.get(agent) ?? 30);
      const unit = this.units.get(agent);
      if (unit?.session !== session) return 'Job canceled';
      this.units.set(agent, { active: 'active', sub: 'running', session });
      const life = this.lives.get(agent);
      if (life !== undefined) this.#clock.after(life, () => this.exit(session));
      return null;
    });
  }

  async #stop(agent: string, what: 'stopped' | 'restarted'): Promise<Outcome> {
    const unit = this.units.get(agent);
    if (unit === undefined) return null;
    const under = this.#jobs.get(agent);
    if (unit.active === 'deactivating' && under !== undefined) return under.done;
    if (unit.session !== null) this.deed(what, agent, unit.session);
    return this.#job(agent, async () => {
      const grace = Number(this.launchRecords.get(agent)?.split('\0')[7] ?? 0);
      this.units.set(agent, { ...unit, active: 'deactivating', sub: 'stop' });
      await this.#clock.sleep(this.stubborn.has(agent) ? grace : quickStopMs);
      // Only the session of this very start: agent-stop.sh compares @fleet_unit.
      const own = this.units.get(agent)?.session ?? null;
      if (own?.marks.unit != null) this.#remove(own);
      this.units.delete(agent);
      this.onChange();
      return null;
    });
  }

  #job(agent: string, work: () => Promise<Outcome>): Promise<Outcome> {
    const done = work().then((outcome) => {
      if (this.#jobs.get(agent) === job) this.#jobs.delete(agent);
      return outcome;
    });
    const job = { done };
    this.#jobs.set(agent, job);
    return done;
  }

  // ---- ends ----

  /** The process in the agent's own pane ends; its unit follows a little later. */
  exit(session: FakeSession): void {
    const pane = session.ownPane();
    if (pane === undefined || !this.#isThere(session)) return;
    pane.dead = true;
    this.onChange();
    const agent = this.#agentOf(session);
    // Without a unit there is nobody who would clear it away.
    if (agent === null || this.stuck.has(agent)) return;
    this.#clock.after(endingMs, () => this.#unitEnds(agent, session, 'exited'));
  }

  override endSession(session: FakeSession): void {
    const agent = this.#agentOf(session);
    this.#remove(session);
    this.onChange();
    if (agent !== null) this.#clock.after(endingMs, () => this.#unitEnds(agent, session, 'killed-session'));
  }

  override killServer(): void {
    const sessions = this.server?.sessions ?? [];
    this.server = null;
    this.onChange();
    for (const session of sessions) {
      const agent = this.#agentOf(session);
      if (agent !== null) this.#clock.after(endingMs, () => this.#unitEnds(agent, session, 'server-gone'));
    }
    if (this.holder !== 'active') return;
    this.#clock.after(holderRestartMs, () => {
      if (this.server !== null) return;
      this.holder = 'inactive';
      this.holderStarts();
      this.onChange();
    });
  }

  #unitEnds(agent: string, session: FakeSession, reason: string): void {
    const unit = this.units.get(agent);
    // A stop that has begun meanwhile ends it without a record.
    if (unit?.session !== session || unit.sub === 'exited' || unit.active === 'deactivating') return;
    this.#remove(session);
    const fails = (): void =>
      this.#fails(
        agent,
        reason,
        session.marks.spec ?? '',
        this.#bornAt.get(session) ?? 0,
        session.marks.unit,
      );
    if (!this.late.has(agent)) {
      fails();
      return;
    }
    this.units.set(agent, { ...unit, active: 'deactivating', sub: 'stop' });
    this.onChange();
    this.#clock.after(endingMs, fails);
  }

  #fails(agent: string, reason: string, spec: string, bornAt: number, unit: string | null = null): void {
    const invocation = unit ?? this.nextInvocation();
    const ran = Math.floor((this.#clock.monotonic() - bornAt) / 1000) * 1000;
    const recorded = !this.traceless.has(agent);
    // One that went down before was perhaps started again meanwhile.
    if (this.units.get(agent)?.active === 'deactivating' || !this.late.has(agent))
      this.units.set(agent, { active: 'failed', sub: 'failed', session: null });
    const at = Math.floor(this.now / 1000);
    const end = { invocation, reason, status: 1, signal: null, at, ranMs: ran, spec, moment: this.moment };
    if (recorded) this.ends.set(agent, end);
    this.onEnd({ agent, reason, spec, ranMs: ran, recorded });
    this.onChange();
  }

  #agentOf(session: FakeSession): string | null {
    for (const [agent, unit] of this.units) if (unit.session === session) return agent;
    return null;
  }

  #isThere(session: FakeSession): boolean {
    return this.server?.sessions.includes(session) === true;
  }

  #remove(session: FakeSession): void {
    if (this.server === null) return;
    this.server.sessions = this.server.sessions.filter((one) => one !== session);
  }
}

const first = (outcomes: readonly Outcome[]): Outcome => outcomes.find((one) => one !== null) ?? null;
