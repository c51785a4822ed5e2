import type { Plan } from '../../controller/action.js';
import type { ApplyEvent } from '../../controller/apply.js';
import type { LastEnd } from '../../controller/observed.js';
import type { Sight } from '../../controller/reconciler.js';
import { withoutFrames } from '../../roster/diagnostic.js';
import type { Roster } from '../../roster/types.js';
import { endRecord, eventOf, type EventRecord } from '../event-record.js';
import { holderFailure } from '../render/holder-text.js';
import { costJson, howText, reasonText } from '../render/reason-text.js';
import { standingFacts, type Line, type Priority, type StandingFact } from './standing.js';
import { jsonText } from '../render/json-text.js';

export interface LogPort {
  readonly print: (line: string) => void;
  /** Whether lines go to journald, which reads a priority in front of each. */
  readonly journal: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Keeps an event for `fleet events`. */
  readonly record: (event: EventRecord) => void;
  /** The last lines of a dead agent's screen, raw. */
  readonly lastLines: (agent: string) => readonly string[];
  /** Invocations whose ends an earlier controller has told. */
  readonly told: ReadonlySet<string>;
}

/** A standing fact, and what was said of it. */
interface Standing extends StandingFact {
  /** Epoch milliseconds. */
  readonly since: number;
  readonly told: boolean;
}

/** What passes by itself is told once it has stood so long. */
const lastingMs = 2000;

/**
 * What the controller tells: one JSON object per line, each thing once. A standing fact (a gate, an invalid roster, a
 * source that does not answer) is told when it begins and when it ends, not at every pass.
 */
export class ControllerLog {
  readonly #port: LogPort;
  readonly #told: Set<string>;
  #standing: ReadonlyMap<string, Standing> = new Map();
  #problem: string | null = null;
  #revision: string | null = null;
  #status = 'starting';

  constructor(port: LogPort) {
    this.#port = port;
    this.#told = new Set(port.told);
  }

  /** One line for systemd's status. */
  get status(): string {
    return this.#status;
  }

  line(priority: Priority, type: string, details: object): void {
    this.#tell(priority, eventOf(type, this.#port.now(), details));
  }

  trouble(during: string, message: string): void {
    this.line(3, 'diagnostic', { during, message });
  }

  rosterState(problem: string | null, roster: Roster | null): void {
    const revision = roster?.revision ?? null;
    if (problem !== this.#problem) {
      if (problem === null) this.line(5, 'roster_valid', { revision });
      else this.line(3, 'roster_invalid', { message: withoutFrames(problem), inForce: revision });
    } else if (problem === null && revision !== this.#revision) {
      this.line(5, this.#revision === null ? 'roster' : 'roster_changed', { revision });
    }
    this.#problem = problem;
    this.#revision = revision;
    if (revision === null) this.#status = 'no valid roster yet; nothing is done';
  }

  looked({ refusal, world }: Sight, plan: Plan, working: ReadonlySet<string>): void {
    for (const [agent, end] of world.observed.ends) this.#ended(agent, end);
    const facts = standingFacts(plan, refusal, working);
    const standing = new Map(
      [...facts].map(([key, fact]) => [key, this.#begun(fact, this.#standing.get(key))]),
    );
    // Where the action follows at once, that tells it; so does another gate of the same agent.
    const moving = new Set([...working, ...plan.actions.map(({ agent }) => agent)]);
    for (const [key, { told, over, agent }] of this.#standing) {
      if (told && !facts.has(key) && (agent === null || !moving.has(agent))) this.#tellLine(over);
    }
    this.#standing = standing;
    const { unchanged, unknown, gated } = plan.summary;
    const invalid = this.#problem === null ? '' : 'the roster is refused, the last good one is in force; ';
    this.#status =
      refusal === null
        ? `${invalid}${unchanged} agents as they should be, ${gated} gated, ${unknown} unknown`
        : (refusal.split('\n')[0] ?? refusal);
  }

  #begun(fact: StandingFact, before: Standing | undefined): Standing {
    const since = before?.since ?? this.#port.now();
    const due = fact.passing !== true || this.#port.now() - since >= lastingMs;
    if (before?.told !== true && due) this.#tellLine(fact.begins);
    return { ...fact, since, told: before?.told === true || due };
  }

  event(event: ApplyEvent): void {
    switch (event.type) {
      case 'holder':
        if (event.failure === null) this.line(5, 'holder_replaced', {});
        else this.line(3, 'diagnostic', { during: 'holder', message: holderFailure(event.failure) });
        return;
      case 'start':
        this.line(6, 'action_start', {
          ...{ agent: event.action.agent, action: event.action.action, ...costJson(event.action.cost) },
          reasons: event.action.reasons.map(reasonText),
        });
        return;
      case 'result': {
        const { agent, action, cost } = event.result.action;
        const details = { agent, action, ...costJson(cost) };
        switch (event.result.kind) {
          case 'done':
            this.line(5, 'action_complete', {
              ...details,
              ...(event.result.how === undefined ? {} : { message: howText(event.result.how) }),
            });
            return;
          case 'failed':
            this.line(4, 'action_failed', {
              ...{ ...details, message: event.result.message },
              lastLines: event.result.lastWords,
            });
            return;
          case 'gated':
          case 'settled':
          case 'unknown':
          case 'interrupted':
        }
      }
    }
  }

  #ended(agent: string, end: LastEnd): void {
    if (end.invocation === null || this.#told.has(end.invocation)) return;
    this.#told.add(end.invocation);
    this.#tell(
      end.reason === 'exited' && end.status === 0 ? 5 : 4,
      endRecord(agent, end, this.#port.lastLines(agent)),
    );
  }

  #tellLine({ priority, type, details }: Line): void {
    this.line(priority, type, details);
  }

  #tell(priority: Priority, event: EventRecord): void {
    const text = jsonText(event);
    this.#port.print(this.#port.journal ? `<${priority}>${text}` : text);
    // What came of actions is kept by whoever carries them out.
    if (!event.type.startsWith('action_')) this.#port.record(event);
  }
}
