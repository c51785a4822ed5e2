import type { Plan } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import { fleetConditions, withTransitions, type Condition } from '../../controller/conditions.js';
import { staysEmpty } from '../../controller/readiness.js';
import type { Sight } from '../../controller/reconciler.js';
import { fleetStatus } from '../../controller/status.js';
import type { StatusRecord } from '../../observers/status-record.js';

export interface ConditionPort {
  /** What an earlier controller wrote down. */
  readonly recorded: StatusRecord | null;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** @returns null, or why it could not be written */
  readonly write: (record: object) => string | null;
  readonly trouble: (message: string) => void;
}

/** Writes down since when what is so, and only when something has become otherwise. */
export class ConditionKeeper {
  readonly #port: ConditionPort;
  #recorded: StatusRecord | null;
  #written = '';
  /** What names the last look that showed nothing to do; null: it showed something. */
  #quiet: string | null = null;
  #trouble: string | null = null;

  constructor(port: ConditionPort) {
    this.#port = port;
    this.#recorded = port.recorded;
  }

  looked({ world }: Sight, plan: Plan, working: ReadonlySet<string>, rosterProblem: string | null): void {
    // As long as nothing is to be done, these say whether anything has become otherwise: of activity and time there is nothing in
    // a condition but that a screen stays empty.
    const quiet =
      plan.actions.length + plan.unknownAgents.length + plan.unknownSources.length + working.size === 0;
    const now = this.#port.now();
    const { observedRevision: seen, rosterRevision } = plan;
    const key = JSON.stringify([seen, rosterRevision, rosterProblem, emptyScreens(world, now)]);
    if (quiet && key === this.#quiet) return;
    this.#quiet = quiet ? key : null;
    const recorded = this.#recorded;
    const agents = fleetStatus(world, { now, plan, working, recorded });
    const { unknownSources } = plan;
    const fleet = withTransitions(
      fleetConditions({ rosterProblem, unknownSources, agents }),
      recorded?.fleet ?? null,
      () => now,
    );
    const observedRevision = world.roster.revision;
    const conditions = agents.map(({ name, conditions }): readonly [string, readonly Condition[]] => [
      name,
      conditions.map(since(now)),
    ]);
    const record: StatusRecord = { observedRevision, fleet, agents: new Map(conditions) };
    const content = { observedRevision, fleet, agents: Object.fromEntries(conditions) };
    const text = JSON.stringify(content);
    this.#recorded = record;
    if (text === this.#written) return;
    const problem = this.#port.write(content);
    if (problem === null) this.#written = text;
    else {
      this.#quiet = null;
      if (problem !== this.#trouble) this.#port.trouble(problem);
    }
    this.#trouble = problem;
  }
}

const emptyScreens = ({ observed: { tmux } }: World, now: number): readonly string[] =>
  tmux.known
    ? (tmux.value?.sessions ?? []).flatMap(({ panes }) =>
        panes.filter((pane) => staysEmpty(pane, now)).map(({ id }) => id),
      )
    : [];

/** What was never on record is so since it was first seen. */
const since =
  (now: number) =>
  (condition: Condition): Condition => ({
    ...condition,
    lastTransitionTime: condition.lastTransitionTime ?? now,
  });
