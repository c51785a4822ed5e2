import { assess, type World } from '../../controller/assess.js';
import type { Known } from '../../controller/observed.js';
import { namedProblem } from '../../host/atomic-file.js';
import { acquireLock } from '../../host/lock.js';
import { outboxDirectory, talkLock } from '../../host/paths.js';
import { agentsWithMail, readOutbox } from '../../observers/outbox.js';
import type { AgentSpec, Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { openLine } from './line.js';
import type { Manner } from './mail.js';
import { deliverLeft } from './round.js';

/** What was left is delivered to an idle agent, without waiting for it: it is tried again. */
const manner: Manner = { whenIdle: true, clearDraft: false, enters: 2, patienceMs: 0 };
const firstPauseMs = 500;
const lastPauseMs = 5000;
/** So often it is looked at most whether an agent has read what it holds. */
const heldMs = 30_000;

/**
 * Delivers what was left for agents, one at a time to each, beside the controller's passes. An agent that cannot be talked
 * to yet is tried again after half a second, then less and less often.
 */
export class Postman {
  readonly #context: Context;
  readonly #wake: () => void;
  readonly #tell: (message: string) => void;
  readonly #work = new Map<string, Promise<void>>();
  /** When an agent is tried again, and in which process it was tried: its successor may be ready at once. */
  readonly #due = new Map<string, { readonly at: number; readonly pauseMs: number; readonly pid: number }>();

  /** When it was last looked at whether an agent has read what it holds. */
  readonly #settled = new Map<string, number>();

  /**
   * What has been told of an outbox that cannot be read, by its agent's name, or by '' of all of them; and by `NAME/round` of a
   * delivery that failed, where the agent's lock cannot be written for example.
   */
  readonly #told = new Map<string, string>();

  /** @param tell why nothing is delivered, once for each reason */
  constructor(context: Context, wake: () => void, tell: (message: string) => void) {
    this.#context = context;
    this.#wake = wake;
    this.#tell = tell;
  }

  /** Agents it is talking to right now. */
  get atWork(): ReadonlySet<string> {
    return new Set(this.#work.keys());
  }

  /**
   * Begins what can be begun.
   *
   * @param ending agents whose process is being ended: what it was told now would end with it
   * @returns milliseconds after which it wants to be called again, or null
   */
  deliver(world: World, ending: ReadonlySet<string>): number | null {
    const mail = agentsWithMail(`${this.#context.paths.state}/outbox`);
    this.#tellOnce('', mail);
    if (!mail.known || mail.value.length === 0) return null;
    const situations = new Map(assess(world).agents.map(({ agent, situation }) => [agent, situation]));
    const waits: number[] = [];
    for (const agent of world.roster.agents) {
      const situation = situations.get(agent.name);
      if (!mail.value.includes(agent.name) || this.#work.has(agent.name)) continue;
      if (situation?.kind !== 'live' && situation?.kind !== 'starting') continue;
      // The end of that wakes us.
      if (ending.has(agent.name)) continue;
      const waiting = this.#waiting(agent, situation.kind === 'live' ? situation.pane.pid : null);
      if (waiting === 'nothing') continue;
      // Where another command starts it, its session has woken us, and nothing tells when its unit is up.
      if (situation.kind === 'starting') {
        waits.push(firstPauseMs);
        continue;
      }
      const { pid } = situation.pane;
      if (this.#due.get(agent.name)?.pid !== pid) this.#due.delete(agent.name);
      const wait = (this.#due.get(agent.name)?.at ?? 0) - performance.now();
      // What it holds it reads by itself: that is looked at along with something else.
      if (waiting === 'held' && performance.now() - (this.#settled.get(agent.name) ?? -heldMs) < heldMs)
        continue;
      if (waiting === 'held') this.#settled.set(agent.name, performance.now());
      if (wait > 0 && waiting !== 'held') waits.push(wait);
      else this.#begin(world.roster, agent, pid);
    }
    return waits.length === 0 ? null : Math.min(...waits);
  }

  /** Resolves once nothing is being delivered any more. */
  async drained(): Promise<void> {
    await Promise.all(this.#work.values());
  }

  #begin(roster: Roster, agent: AgentSpec, pid: number): void {
    const work = this.#round(roster, agent)
      .then(
        (done) => {
          this.#tellOnce(`${agent.name}/round`, { known: true, value: null });
          return done;
        },
        (error: unknown) => {
          const message = `what waits for ${agent.name} cannot be delivered: ${namedProblem(error)}`;
          this.#tellOnce(`${agent.name}/round`, { known: false, message });
          return false;
        },
      )
      .then((done) => {
        this.#work.delete(agent.name);
        if (done) this.#due.delete(agent.name);
        else this.#later(agent.name, pid);
        this.#wake();
      });
    this.#work.set(agent.name, work);
  }

  #later(agent: string, pid: number): void {
    const pauseMs = Math.min((this.#due.get(agent)?.pauseMs ?? firstPauseMs / 2) * 2, lastPauseMs);
    this.#due.set(agent, { at: performance.now() + pauseMs, pauseMs, pid });
  }

  async #round(roster: Roster, agent: AgentSpec): Promise<boolean> {
    const locked = await acquireLock(talkLock(this.#context.paths, agent.name), 'fleet run', 0);
    if (locked.kind === 'held') return false;
    try {
      const opened = await openLine(this.#context, roster, agent, 0);
      if (opened.kind === 'closed') return false;
      return (await deliverLeft(this.#context, opened.line, manner)).blocked === null;
    } finally {
      locked.lock.release();
    }
  }

  /** @param pid of its process; null: none is known. `held`: that has taken all that waits, and reads it after its turn */
  #waiting({ name }: AgentSpec, pid: number | null): 'nothing' | 'held' | 'mail' {
    const outbox = readOutbox(outboxDirectory(this.#context.paths, name));
    this.#tellOnce(name, outbox);
    const waiting = outbox.known ? outbox.value.filter(({ entry }) => entry.parked === null) : [];
    if (waiting.length === 0) return 'nothing';
    const isHeld = waiting.every(({ entry }) => entry.held === true && entry.attempt?.target.pid === pid);
    return isHeld ? 'held' : 'mail';
  }

  #tellOnce(agent: string, outbox: Known<unknown>): void {
    if (outbox.known) this.#told.delete(agent);
    else if (this.#told.get(agent) !== outbox.message) {
      this.#told.set(agent, outbox.message);
      this.#tell(outbox.message);
    }
  }
}
