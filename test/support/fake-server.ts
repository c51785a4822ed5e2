import type { Marks, ObservedPane, ObservedServer } from '../../src/controller/observed.js';
import { noMarks } from './scene.js';

let pids = 1000;
export const nextPid = (): number => ++pids;

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

export class FakeSession {
  readonly id: string;
  name: string;
  attached = 0;
  marks: Marks;
  readonly panes: Mutable<ObservedPane>[];
  readonly createdAt: number;
  /** Created by a human or another program. */
  readonly stranger: boolean;

  constructor(id: string, name: string, marks: Marks, pane: ObservedPane, stranger: boolean) {
    this.id = id;
    this.name = name;
    this.marks = marks;
    this.panes = [{ ...pane }];
    this.createdAt = pane.lastOutputAt;
    this.stranger = stranger;
  }

  /** The agent's own pane while its process runs; a stranger's first. */
  ownPane(): Mutable<ObservedPane> | undefined {
    const own = this.marks.pane;
    return this.panes.find(({ id, dead }) => !dead && (own === null || id === own));
  }
}

/** A tmux server: ids start again with each, pids never. */
export class FakeServer {
  readonly pid = nextPid();
  sessions: FakeSession[] = [];
  readonly #inHolder: boolean;
  readonly #now: () => number;
  #ids = 0;

  constructor(inHolder: boolean, now: () => number) {
    this.#inHolder = inHolder;
    this.#now = now;
    if (inHolder) this.create('_holder', {});
  }

  create(name: string, marks: Partial<Marks>, stranger = false): FakeSession {
    const id = `%${++this.#ids}`;
    const pane = {
      id,
      pid: nextPid(),
      dead: false,
      lastOutputAt: Math.floor(this.#now() / 1000),
      blank: false,
    };
    const own = { ...noMarks, ...marks, pane: marks.agent == null ? null : (marks.pane ?? id) };
    const session = new FakeSession(`$${this.#ids}`, name, own, pane, stranger);
    this.sessions.push(session);
    return session;
  }

  /** A human splits a window: a pane that is not the agent's. */
  split(session: FakeSession): number {
    const pid = nextPid();
    session.panes.unshift({ id: `%${++this.#ids}`, pid, dead: false, lastOutputAt: 0, blank: false });
    return pid;
  }

  observe(): ObservedServer {
    return {
      pid: this.pid,
      inHolder: this.#inHolder,
      sessions: this.sessions.map(({ id, name, attached, createdAt, marks, panes }) => ({
        id,
        name,
        attached,
        createdAt,
        marks,
        panes: panes.map((pane) => ({ ...pane })),
      })),
    };
  }
}
