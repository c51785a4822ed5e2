import type { Gate, Plan } from './action.js';
import type { World } from './assess.js';
import type { Phase } from './phase.js';
import { fleetStatus } from './status.js';

export interface AgentFigure {
  readonly name: string;
  /** null: unknown, which is not down. */
  readonly up: boolean | null;
  readonly starts: number;
}

export type ClosedGate = Exclude<Gate['kind'], 'ready'>;

/** What the gauges show, from one look. Every phase and gate is there, also with nobody in it: a series that comes and
 * goes cannot be alerted on. */
export interface FleetFigures {
  readonly phases: Readonly<Record<Phase, number>>;
  readonly gates: Readonly<Record<ClosedGate, number>>;
  /** Agents of the roster alone: names from the host would be labels without a bound. */
  readonly agents: readonly AgentFigure[];
}

/** @param now epoch milliseconds */
export function fleetFigures(world: World, plan: Plan, now: number): FleetFigures {
  const phases: Record<Phase, number> = {
    ...{ Running: 0, Starting: 0, Dead: 0, BackingOff: 0, Stalled: 0, Held: 0 },
    ...{ Suspended: 0, Stopped: 0, Unknown: 0, Foreign: 0, Extra: 0 },
  };
  const gates: Record<ClosedGate, number> = {
    ...{ deferred: 0, 'needs-approval': 0, held: 0, 'backing-off': 0, stalled: 0, braked: 0, blocked: 0 },
  };
  const statuses = fleetStatus(world, { now, plan });
  for (const { phase } of statuses) phases[phase] += 1;
  for (const { gate } of plan.actions) if (gate.kind !== 'ready') gates[gate.kind] += 1;
  const agents = statuses
    .filter(({ name }) => world.desired.has(name))
    .map(({ name, phase, starts }) => ({
      name,
      up: phase === 'Unknown' ? null : phase === 'Running',
      starts,
    }));
  return { phases, gates, agents };
}
