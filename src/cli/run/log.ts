import type { Plan } from '../../controller/action.js';
import type { ApplyEvent } from '../../controller/apply.js';
import type { ReconcilerReport, Sight } from '../../controller/reconciler.js';
import type { Roster } from '../../roster/types.js';
import { formatVersion } from '../render/plan-json.js';
import { costText, gateText, reasonText } from '../render/reason-text.js';

/** journald's priorities, as a prefix of a line. */
type Priority = 3 | 4 | 5 | 6;

/**
 * What the controller tells: one JSON object per line, each thing once. A standing fact (a gate, an invalid roster, a
 * source that does not answer) is told when it begins and when it ends, not at every pass.
 */
export class ControllerLog implements ReconcilerReport {
  readonly #print: (line: string) => void;
  readonly #journal: boolean;
  readonly #now: () => number;
  readonly #record: (event: object) => void;
  #standing = new Set<string>();
  #problem: string | null = null;
  #revision: string | null = null;
  #status = 'starting';
  #serverSeen = false;
  #rosterChanged: () => void = () => undefined;

  /** @param record keeps an event for `fleet events` */
  constructor(
    print: (line: string) => void,
    journal: boolean,
    now: () => number,
    record: (event: object) => void,
  ) {
    this.#record = record;
    this.#print = print;
    this.#journal = journal;
    this.#now = now;
  }

  /** One line for systemd's status. */
  get status(): string {
    return this.#status;
  }

  /** Whether the last look has shown a tmux server on the socket. */
  get serverSeen(): boolean {
    return this.#serverSeen;
  }

  /** Called when another roster is in force than at the last look. */
  onRosterChanged(listener: () => void): void {
    this.#rosterChanged = listener;
  }

  line(priority: Priority, type: string, details: object): void {
    const event = { formatVersion, time: new Date(this.#now()).toISOString(), type, ...details };
    const text = JSON.stringify(event);
    this.#print(this.#journal ? `<${priority}>${text}` : text);
    // What came of actions is kept by whoever carries them out.
    if (!type.startsWith('action_')) this.#record(event);
  }

  trouble(during: string, message: string): void {
    this.line(3, 'diagnostic', { during, message });
  }

  rosterState(problem: string | null, roster: Roster | null): void {
    const revision = roster?.revision ?? null;
    if (problem !== this.#problem) {
      if (problem === null) this.line(5, 'roster_valid', { revision });
      else this.line(3, 'roster_invalid', { message: problem, inForce: revision });
    } else if (problem === null && revision !== this.#revision) {
      this.line(5, this.#revision === null ? 'roster' : 'roster_changed', { revision });
    }
    if (this.#revision !== null && revision !== this.#revision) this.#rosterChanged();
    this.#problem = problem;
    this.#revision = revision;
    if (revision === null) this.#status = 'no valid roster yet; nothing is done';
  }

  looked({ refusal, world }: Sight, plan: Plan): void {
    this.#serverSeen = world.observed.tmux.known && world.observed.tmux.value !== null;
    this.#standingFacts(plan, refusal);
  }

  /** Gates, unknown sources and the like, as they are after a look. */
  #standingFacts(plan: Plan, refusal: string | null): void {
    const facts = new Map<string, () => void>();
    if (refusal !== null)
      facts.set(`refusal ${refusal}`, () => this.line(3, 'refused', { message: refusal }));
    for (const { source, message } of plan.unknownSources) {
      facts.set(`unknown ${source} ${message}`, () => this.line(4, 'unknown', { source, message }));
    }
    for (const { agent, action, gate, reasons, cost } of plan.actions) {
      if (gate.kind === 'ready') continue;
      const why = gateText(gate);
      // Seconds in a text would make every look a new fact.
      facts.set(`gate ${agent} ${action} ${gate.kind}`, () =>
        this.line(5, 'deferred', {
          ...{ agent, action, gate: gate.kind, message: why },
          ...{ reasons: reasons.map(reasonText), cost: costText(cost) },
        }),
      );
    }
    for (const [fact, tell] of facts) if (!this.#standing.has(fact)) tell();
    this.#standing = new Set(facts.keys());
    const { unchanged, unknown, gated } = plan.summary;
    const invalid = this.#problem === null ? '' : 'the roster is invalid, the last good one is in force; ';
    this.#status =
      refusal === null
        ? `${invalid}${unchanged} agents as they should be, ${gated} gated, ${unknown} unknown`
        : (refusal.split('\n')[0] ?? refusal);
  }

  event(event: ApplyEvent): void {
    switch (event.type) {
      case 'start':
        this.line(6, 'action_start', {
          ...{ agent: event.action.agent, action: event.action.action, cost: event.action.cost.kind },
          reasons: event.action.reasons.map(reasonText),
        });
        return;
      case 'result': {
        const { agent, action } = event.result.action;
        switch (event.result.kind) {
          case 'done':
            this.line(5, 'action_complete', { agent, action });
            return;
          case 'failed':
            this.line(4, 'action_failed', {
              ...{ agent, action, message: event.result.message },
              lastLines: event.result.lastWords,
            });
            return;
          case 'gated':
          case 'interrupted':
        }
      }
    }
  }
}
