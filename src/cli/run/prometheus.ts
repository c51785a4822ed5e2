import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ActionKind, Plan } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import type { ApplyEvent } from '../../controller/apply.js';
import { fleetFigures } from '../../controller/metrics-figures.js';
import type { Sight } from '../../controller/reconciler.js';
import type { Meter, TurnResult } from '../../controller/turn.js';
import type { Roster } from '../../roster/types.js';

const passBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const actionBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

const actions: Readonly<Record<ActionKind, true>> = {
  ...{ start: true, stop: true, restart: true, reset: true, update: true, adopt: true },
};
const turns: Readonly<Record<TurnResult, true>> = { complete: true, incomplete: true, failed: true };
const sources = ['systemd', 'tmux', 'state', 'other'] as const;

/** Means nothing without that histogram; or is a gauge named like a counter, which promtool refuses. */
const unfit = [
  ...['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
    (part) => `nodejs_eventloop_lag_${part}_seconds`,
  ),
  ...['resources', 'handles', 'requests'].map((what) => `nodejs_active_${what}_total`),
];

/** Everything the controller tells about itself, in Prometheus' text format. Gauges show the last look. */
export class Prometheus implements Meter {
  readonly #now: () => number;
  readonly #registry = new Registry();
  readonly #begun = new Map<string, number>();
  #last: { readonly world: World; readonly plan: Plan } | null = null;
  readonly #agents = this.#gauge('fleet_agents', 'Agents by phase, as in fleet status.', 'phase');
  readonly #up = this.#gauge(
    'fleet_agent_up',
    'Whether the process of this agent of the roster runs; no sample where that is unknown.',
    'agent',
  );
  readonly #starts = this.#counter(
    'fleet_agent_starts_total',
    'How often this agent of the roster was started, by the controller or by a command.',
    'agent',
  );
  readonly #gated = this.#gauge('fleet_gated_agents', 'Agents whose action waits, by gate.', 'gate');
  readonly #passes = this.#counter(
    'fleet_passes_total',
    'Passes of the controller. Incomplete: something was unknown, refused, or there was no valid roster.',
    'result',
  );
  readonly #passSeconds = this.#histogram(
    'fleet_pass_duration_seconds',
    'How long a pass took.',
    passBuckets,
  );
  readonly #lookSeconds = this.#histogram(
    'fleet_observation_duration_seconds',
    'How long one look at the host took.',
    passBuckets,
  );
  readonly #blind = this.#counter(
    'fleet_observation_failures_total',
    'Looks at the host in which this source could not be seen.',
    'source',
  );
  readonly #done = this.#counter('fleet_actions_total', 'Actions by what came of them.', 'action', 'result');
  readonly #actionSeconds = this.#histogram(
    'fleet_action_duration_seconds',
    'From the begin of an action until its result was seen.',
    actionBuckets,
    'action',
  );
  readonly #valid = this.#gauge('fleet_roster_valid', 'Whether the roster file is valid, and in force.');
  readonly #revision = this.#gauge(
    'fleet_roster_revision_info',
    'The roster in force; always 1.',
    'revision',
  );
  readonly #lastGood = this.#gauge(
    'fleet_last_successful_pass_timestamp_seconds',
    'When the last complete pass ended, in seconds since 1970; 0 before the first.',
  );

  /** @param now epoch milliseconds */
  constructor(version: string, now: () => number) {
    this.#now = now;
    this.#gauge('fleet_build_info', 'The version of fleet; always 1.', 'version').set({ version }, 1);
    // A series that begins with its first event is missed by rate() and by alerts.
    for (const result of Object.keys(turns)) this.#passes.inc({ result }, 0);
    for (const source of sources) this.#blind.inc({ source }, 0);
    for (const action of Object.keys(actions)) {
      for (const result of ['done', 'failed']) this.#done.inc({ action, result }, 0);
    }
    // The histogram of the event loop's delay (prom-client 15) wakes the process a hundred times a second; ours sleeps.
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 3_600_000 });
    for (const name of unfit) this.#registry.removeSingleMetric(name);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    this.#refresh();
    return this.#registry.metrics();
  }

  rosterState(problem: string | null, roster: Roster | null): void {
    this.#valid.set(problem === null && roster !== null ? 1 : 0);
    this.#revision.reset();
    if (roster !== null) this.#revision.set({ revision: roster.revision }, 1);
  }

  looked({ world }: Sight, plan: Plan): void {
    this.#last = { world, plan };
  }

  observed(seconds: number, failures: Parameters<Meter['observed']>[1]): void {
    this.#lookSeconds.observe(seconds);
    for (const source of failures) this.#blind.inc({ source });
  }

  passed(seconds: number, result: TurnResult): void {
    this.#passSeconds.observe(seconds);
    this.#passes.inc({ result });
    if (result === 'complete') this.#lastGood.set(this.#now() / 1000);
  }

  event(event: ApplyEvent): void {
    switch (event.type) {
      case 'start':
        this.#begun.set(event.action.agent, performance.now());
        return;
      case 'holder':
        return;
      case 'result': {
        const { kind } = event.result;
        const { agent, action } = event.result.action;
        const begun = this.#begun.get(agent);
        this.#begun.delete(agent);
        if (kind !== 'done' && kind !== 'failed') return;
        this.#done.inc({ action, result: kind });
        if (begun !== undefined) this.#actionSeconds.observe({ action }, (performance.now() - begun) / 1000);
      }
    }
  }

  /** Only when somebody asks: passes do not pay for it. Agents that left the roster leave no series behind. */
  #refresh(): void {
    if (this.#last === null) return;
    const { phases, gates, agents } = fleetFigures(this.#last.world, this.#last.plan, this.#now());
    for (const [phase, count] of Object.entries(phases)) this.#agents.set({ phase }, count);
    for (const [gate, count] of Object.entries(gates)) this.#gated.set({ gate }, count);
    this.#up.reset();
    this.#starts.reset();
    for (const { name, up, starts } of agents) {
      if (up !== null) this.#up.set({ agent: name }, up ? 1 : 0);
      this.#starts.inc({ agent: name }, starts);
    }
  }

  #gauge<Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    ...labelNames: Label[]
  ): Histogram<Label> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.#registry] });
  }
}
