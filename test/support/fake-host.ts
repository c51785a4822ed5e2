import type { World } from '../../src/controller/assess.js';
import type { ConversationRecord } from '../../src/controller/conversation.js';
import type { FailureRecord, Moment } from '../../src/controller/backoff.js';
import type {
  AppliedSpec,
  Approval,
  Disruption,
  Hold,
  LastEnd,
  ObservedUnit,
} from '../../src/controller/observed.js';
import type {
  Actuators,
  AgentMaterial,
  Outcome,
  SessionMarks,
  SessionTarget,
} from '../../src/controller/port.js';
import { renderEnvironmentFile } from '../../src/roster/environment-file.js';
import type { SpecRecord } from '../../src/roster/record.js';
import type { Roster } from '../../src/roster/types.js';
import { observeFakeHost } from './fake-observation.js';
import { FakeServer, type FakeSession } from './fake-server.js';
import { mosaicHome } from './scene.js';

let ids = 0;

/** What `apply` takes from its surroundings, on a fake host. */
export const launching = (socketName: string) => ({
  places: {
    userHome: '/home/op',
    mosaicHome,
    socketName,
    conversationFile: (agent: string): string => `/state/conversations/${agent}.json`,
  },
  newId: (): string => `chosen-${(ids += 1)}`,
  monotonic: (): number => 0,
});

/** fleet dies (SIGKILL) before this port call takes effect. */
export class FleetKilled extends Error {}

/** One thing that an actuator did to something live. */
export interface Deed {
  readonly what: 'stopped' | 'restarted' | 'killed' | 'adopted';
  readonly agent: string;
  readonly pid: number;
  /** What was running was not fleet's. */
  readonly foreign: boolean;
}

/**
 * A host in memory behind the controller's port. Units are started from launch records as agent-run.sh does it; what
 * dies, is killed or refuses to start is up to the history that plays on it.
 */
export class FakeHost implements Actuators {
  #now = Date.UTC(2026, 0, 1);
  holder: 'active' | 'inactive' | 'failed' = 'inactive';
  /** The holder's unit is the predecessor's oneshot. */
  predecessor = false;
  server: FakeServer | null = null;
  readonly units = new Map<string, ObservedUnit & { session: FakeSession | null }>();
  readonly launchRecords = new Map<string, string>();
  readonly envFiles = new Map<string, string>();
  readonly applied = new Map<string, AppliedSpec>();
  readonly limitsWritten = new Map<string, string>();
  /** Limits that systemd has read for units it has loaded. */
  readonly limitsInForce = new Map<string, string | undefined>();
  readonly holds = new Map<string, Hold>();
  fleetHold: Hold | null = null;
  approvals: readonly Approval[] = [];
  recent: readonly Disruption[] = [];
  braked: string | null = null;
  /** Exit records: how each agent ended last. */
  readonly ends = new Map<string, LastEnd>();
  failures: ReadonlyMap<string, FailureRecord> = new Map();
  readonly blind = { units: false, tmux: false, memory: false };
  /** Agents whose process dies before it is ready. */
  readonly crippled = new Set<string>();
  readonly unreadable = new Set<string>();
  readonly obstacles = new Map<string, string>();
  readonly conversations = new Map<string, ConversationRecord>();
  /** Conversations in which something was said. */
  readonly spoken = new Set<string>();
  /** Number of port calls that fleet survives; null: all. */
  #hastened = false;
  callsLeft: number | null = null;
  calls = 0;
  deeds: Deed[] = [];
  #starts = 0;
  /** What was on record before it was written for a restart. */
  readonly #earlier = new Map<
    string,
    { readonly conversations: ConversationRecord | undefined; readonly launchRecord: string | undefined }
  >();
  /** Agents whose unit systemd refuses to restart. */
  readonly masked = new Set<string>();

  /** Epoch milliseconds. */
  get now(): number {
    return this.#now;
  }

  set now(now: number) {
    this.#now = now;
  }

  /** Since boot, on a clock that no one sets. */
  get moment(): Moment {
    return { boot: 'boot', ms: this.#now - Date.UTC(2026, 0, 1) };
  }

  /** @param units what systemd showed, perhaps a moment ago */
  observe(roster: Roster, units?: World['observed']['units']): World {
    return observeFakeHost(this, roster, units);
  }

  /** Pid of the process in the agent's own pane; null where none runs. */
  pidOf(agent: string): number | null {
    return this.sessionOf(agent)?.ownPane()?.pid ?? null;
  }

  sessionOf(agent: string): FakeSession | undefined {
    return this.server?.sessions.find(({ marks }) => marks.agent === agent && marks.home === mosaicHome);
  }

  #call(): void {
    if (this.callsLeft === 0) throw new FleetKilled();
    if (this.callsLeft !== null) this.callsLeft -= 1;
    this.calls += 1;
  }

  // ---- the port ----

  writeMaterial({ agent, managedEnvironment, launchRecord, conversations, live }: AgentMaterial): Outcome {
    this.#call();
    this.#earlier.delete(agent);
    if (live)
      this.#earlier.set(agent, {
        conversations: this.conversations.get(agent),
        launchRecord: this.launchRecords.get(agent),
      });
    if (this.unreadable.has(agent)) return 'permission denied';
    this.envFiles.set(agent, renderEnvironmentFile(this.envFiles.get(agent) ?? null, managedEnvironment));
    if (conversations !== null) {
      this.#call();
      this.conversations.set(agent, conversations);
    }
    this.#call();
    this.launchRecords.set(agent, launchRecord);
    return null;
  }

  takeBack(agent: string): Outcome {
    const { conversations, launchRecord } = this.#earlier.get(agent) ?? {};
    this.#call();
    if (launchRecord !== undefined) this.launchRecords.set(agent, launchRecord);
    this.#call();
    if (conversations !== undefined) this.conversations.set(agent, conversations);
    this.#earlier.delete(agent);
    return null;
  }

  writeApplied(agent: string, applied: SpecRecord, started: SpecRecord, starts: number): Outcome {
    this.#call();
    this.applied.set(agent, { applied, started, starts });
    return null;
  }

  forget(agent: string): Outcome {
    this.#call();
    this.launchRecords.delete(agent);
    return null;
  }

  writeLimits(agent: string, content: string | null): { changed: boolean; outcome: Outcome } {
    this.#call();
    const changed = this.limitsWritten.get(agent) !== (content ?? undefined);
    if (content === null) this.limitsWritten.delete(agent);
    else this.limitsWritten.set(agent, content);
    return { changed, outcome: null };
  }

  reloadUnits(): Promise<Outcome> {
    return this.#async(() => {
      for (const agent of this.units.keys()) this.limitsInForce.set(agent, this.limitsWritten.get(agent));
      return null;
    });
  }

  consumeApprovals(used: readonly Approval[]): Promise<Outcome> {
    return this.#async(() => {
      const texts = used.map((one) => JSON.stringify(one));
      this.approvals = this.approvals.filter((one) => !texts.includes(JSON.stringify(one)));
      return null;
    });
  }

  rememberBrake(revision: string | null): Promise<Outcome> {
    return this.#async(() => {
      this.braked = revision;
      return null;
    });
  }

  recordDisruptions(recent: FakeHost['recent']): Promise<Outcome> {
    return this.#async(() => {
      this.recent = [...this.recent, ...recent];
      return null;
    });
  }

  adopt(sessions: readonly SessionMarks[]): Promise<Outcome> {
    return this.#each(sessions, ({ agent, session, pane, pid, spec, context }) => {
      const found = this.server?.sessions.find(({ id }) => id === session);
      if (found === undefined) return "can't find session";
      if (found.marks.agent !== null || !found.panes.some((one) => one.id === pane && one.pid === pid))
        return null;
      this.deed('adopted', agent, found);
      found.marks = { agent, home: mosaicHome, pane, unit: null, spec, context, conversation: null };
      return null;
    });
  }

  killSessions(targets: readonly SessionTarget[]): Promise<Outcome> {
    return this.#each(targets, ({ agent, session, pane, pid, marked }) => {
      const found = this.server?.sessions.find(({ panes }) => panes.some(({ id }) => id === pane));
      if (found === undefined) return "can't find pane";
      const same = found.panes.some((one) => one.id === pane && one.pid === pid);
      if (!same || found.marks.agent !== (marked ? agent : null)) return null;
      const doomed = this.server?.sessions.find(({ id }) => id === session);
      if (doomed === undefined) return "can't find session";
      this.deed('killed', agent, doomed);
      this.endSession(doomed);
      return null;
    });
  }

  hastenHolder(): void {
    // It may have come up, or not, when it is needed.
    this.#hastened = !this.#hastened;
    if (this.#hastened) this.holderStarts();
  }

  startHolder(): Promise<Outcome> {
    return this.#async(() => this.holderStarts());
  }

  async startHolderAndUnits(agents: readonly string[]): Promise<{ holder: Outcome; units: Outcome }> {
    const holder = await this.startHolder();
    return { holder, units: holder === null ? await this.startUnits(agents) : null };
  }

  replaceHolder(): Promise<Outcome> {
    return this.#async(() => {
      for (const session of this.server?.sessions ?? []) {
        if (session.stranger || session.marks.agent !== null) this.deed('killed', session.name, session);
      }
      this.server = null;
      this.holder = 'inactive';
      this.predecessor = false;
      return this.holderStarts();
    });
  }

  awaitEnds(): Promise<void> {
    return Promise.resolve();
  }

  startUnits(agents: readonly string[]): Promise<Outcome> {
    return this.#each(agents, (agent) => this.#start(agent));
  }

  stopUnits(agents: readonly string[]): Promise<Outcome> {
    return this.#each(agents, (agent) => this.#stop(agent, 'stopped'));
  }

  restartUnits(agents: readonly string[]): Promise<Outcome> {
    return this.#each(agents, (agent) =>
      this.masked.has(agent) ? 'Unit is masked' : (this.#stop(agent, 'restarted') ?? this.#start(agent)),
    );
  }

  lastWords(): readonly string[] {
    return [];
  }

  // ---- the host itself ----

  protected holderStarts(): Outcome {
    if (this.holder === 'active') return null;
    if (this.server !== null) return 'another server owns the socket';
    this.holder = 'active';
    this.server = new FakeServer(true, () => this.now);
    return null;
  }

  #start(agent: string): Outcome {
    const unit = this.units.get(agent);
    if (unit?.active === 'active') return null;
    // A unit that is not loaded is read from disk; a failed one stays loaded.
    if (unit === undefined) this.limitsInForce.set(agent, this.limitsWritten.get(agent));
    this.#starts += 1;
    const created = this.crippled.has(agent) ? null : this.createSession(agent, `start-${this.#starts}`);
    this.units.set(
      agent,
      created === null
        ? { active: 'failed', sub: 'failed', session: null }
        : { active: 'active', sub: 'running', session: created },
    );
    return created === null ? 'Job failed' : null;
  }

  /** The session of a start, from the launch record; null where it cannot be. */
  protected createSession(agent: string, invocation: string): FakeSession | null {
    const record = this.launchRecords.get(agent)?.split('\0');
    const holder = this.holderStarts();
    const [, name = '', session = '', , spec = '', context = '', conversation = ''] = record ?? [];
    const taken = this.server?.sessions.find((one) => one.name === session);
    const leftOver = taken?.marks.agent === agent && taken.marks.home === mosaicHome && !taken.ownPane();
    if (taken !== undefined && leftOver) this.endSession(taken);
    if (holder !== null || name !== agent || (taken !== undefined && !leftOver)) return null;
    const marks = { agent, home: mosaicHome, unit: invocation, spec, context, conversation };
    return this.server?.create(session, marks) ?? null;
  }

  #stop(agent: string, what: 'stopped' | 'restarted'): Outcome {
    const unit = this.units.get(agent);
    if (unit === undefined) return null;
    if (unit.session !== null) this.deed(what, agent, unit.session);
    this.units.delete(agent);
    this.#earlier.delete(agent);
    // Only the session of this very start: agent-stop.sh compares @fleet_unit.
    if (unit.session?.marks.unit != null) this.endSession(unit.session);
    return null;
  }

  /** A session is gone; the unit that lived by it fails. */
  endSession(session: FakeSession): void {
    if (this.server !== null) this.server.sessions = this.server.sessions.filter((one) => one !== session);
    for (const [agent, unit] of this.units) {
      // A oneshot unit of the predecessor stays active whatever becomes of its session.
      if (unit.session === session && unit.sub !== 'exited')
        this.units.set(agent, { active: 'failed', sub: 'failed', session: null });
    }
  }

  /** The whole server is gone with every session; systemd restarts the holder at once. */
  killServer(): void {
    for (const session of this.server?.sessions ?? []) this.endSession(session);
    this.server = null;
    if (this.holder === 'active') {
      this.holder = 'inactive';
      this.holderStarts();
    }
  }

  protected deed(what: Deed['what'], agent: string, session: FakeSession): void {
    const pid = session.ownPane()?.pid;
    if (pid !== undefined) this.deeds.push({ what, agent, pid, foreign: session.stranger });
  }

  #async(work: () => Outcome): Promise<Outcome> {
    this.#call();
    return Promise.resolve(work());
  }

  /** One process for many; fleet may be killed with any part of it done. */
  async #each<Item>(items: readonly Item[], work: (item: Item) => Outcome): Promise<Outcome> {
    let outcome: Outcome = null;
    for (const item of items) {
      await this.#async(() => {
        const one = work(item);
        outcome ??= one;
        return null;
      });
    }
    return outcome;
  }
}
