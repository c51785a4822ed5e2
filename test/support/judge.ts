import { isMassChange } from '../../src/controller/brake.js';
import { expect } from 'vitest';
import type { Plan } from '../../src/controller/action.js';
import type { ActionResult } from '../../src/controller/apply.js';
import type { World } from '../../src/controller/assess.js';
import { noWords, type Words } from '../../src/controller/gate.js';
import { plan } from '../../src/controller/plan.js';
import { deepFreeze } from './deep-freeze.js';
import type { FakeSession } from './fake-server.js';
import type { Story } from './history.js';

const minute = 60_000;

/**
 * The laws of one pass. `words` null: the plan is a command's, the operator's own word.
 * Takes down what is there before it, and gives what judges the world after it. */
export function judge(
  story: Story,
  world: World,
  wanted: Plan,
  words: Words | null,
): (results: readonly ActionResult[] | null) => void {
  const { host, roster } = story;
  const given = words ?? noWords;
  const ours = words === null;
  const before = sightOf(story);
  const at = host.now;
  const holds = new Map(host.holds);
  const { fleetHold, approvals } = host;
  const blind = host.blind.units || host.blind.tmux || host.blind.memory;
  expect(new Set(wanted.actions.map(({ agent }) => agent)).size).toBe(wanted.actions.length);
  if (!ours) {
    deepFreeze(world);
    expect(plan(world, given, at)).toStrictEqual(plan(world, given, at));
  }
  host.calls = 0;
  host.deeds = [];

  return (results) => {
    const after = sightOf(story);
    if (blind) expect(host.calls, 'unknown never acts').toBe(0);
    if (!wanted.actions.some(({ gate }) => gate.kind === 'ready'))
      expect(host.calls, 'nothing ready, nothing done').toBe(0);
    expect(
      host.deeds.filter(({ foreign }) => foreign),
      'strangers are left alone',
    ).toEqual([]);
    for (const [id, stranger] of before.strangers) expect(after.strangers.get(id)).toEqual(stranger);
    for (const agent of before.foreignUnits) expect(host.units.get(agent)?.active).toBe('active');

    const disrupted = new Set<string>();
    for (const { agent, what } of host.deeds) {
      const action = wanted.actions.find((one) => one.agent === agent);
      expect(action?.gate.kind, `${agent} was ${what}`).toBe('ready');
      if (what === 'adopted' || action === undefined) continue;
      disrupted.add(agent);
      const live = before.live.get(agent);
      const desired = world.desired.get(agent);
      const word = action.reasons.some(({ code }) => code === 'OperatorWord');
      if (word || live === undefined) continue;
      const isHeld = [holds.get(agent) ?? null, fleetHold].some(
        (hold) => hold !== null && (hold.until === null || hold.until > at),
      );
      expect(isHeld, `${agent} is held`).toBe(false);
      if (desired === undefined || desired.spec.suspend) continue;
      expect(desired.kind).toBe('resolved');
      if (desired.kind !== 'resolved') continue;
      const specMoved = live.spec !== desired.specHash;
      const contextMoved = live.context !== desired.contextHash && desired.spec.resetBetweenTasks;
      expect(specMoved || contextMoved, `${agent} was ${what} without a change`).toBe(true);
      const { disruption, idleAfterMs } = desired.spec;
      const approved =
        given.approve.has(agent) ||
        approvals.some(
          (one) =>
            one.kind === 'agent' &&
            one.agent === agent &&
            one.desired === action.desired &&
            one.action === action.action,
        );
      if (disruption === 'ask') expect(approved, `${agent} was disrupted without approval`).toBe(true);
      if (disruption !== 'immediate' && !given.now) {
        expect(live.attached, `${agent} was disrupted under somebody's eyes`).toBe(0);
        expect(at - live.lastOutputAt * 1000, `${agent} was disrupted while busy`).toBeGreaterThanOrEqual(
          idleAfterMs,
        );
      }
    }

    // Whose own configuration did not change, lives on. Split panes go only with their agent's session.
    for (const [agent, { pid, panes }] of before.live) {
      if (disrupted.has(agent)) continue;
      expect(host.pidOf(agent), `${agent} is a sibling`).toBe(pid);
      expect(after.live.get(agent)?.panes).toEqual(panes);
    }

    if (disrupted.size > 0 && !ours) {
      const recent = story.disruptions.filter((one) => at - one.at < minute).map(({ agent }) => agent);
      const confirmed =
        given.confirm || approvals.some((one) => one.kind === 'fleet' && one.revision === roster.revision);
      const unnamed = [...disrupted].filter((agent) => {
        const action = wanted.actions.find((one) => one.agent === agent);
        return (
          before.live.has(agent) &&
          !given.approve.has(agent) &&
          !approvals.some(
            (one) => one.kind === 'agent' && one.agent === agent && one.action === action?.action,
          )
        );
      });
      const all = new Set([...[...disrupted].filter((agent) => before.live.has(agent)), ...recent]);
      const live = new Set([...before.live.keys(), ...recent]).size;
      const { kind, value } = roster.maxDisruption;
      const allowed = all.size < 3 || (kind === 'count' ? all.size <= value : all.size * 100 <= live * value);
      expect(confirmed || unnamed.length === 0 || allowed, 'the brake holds').toBe(true);
    }
    if (!ours)
      for (const agent of disrupted) if (before.live.has(agent)) story.disruptions.push({ agent, at });

    // What was done and not refused is true now: the same words find nothing more to do.
    for (const result of results ?? []) {
      const { agent } = result.action;
      if (result.kind === 'failed' && !host.crippled.has(agent)) expect.fail(`${agent} ${result.message}`);
    }
    const failed = results?.some(({ kind }) => kind === 'failed') ?? true;
    if (failed || ours) return;
    const again = plan(host.observe(roster), given, host.now);
    // What only the last minute's disruptions had made too much is done once that is over, or the fleet has grown.
    const braked = wanted.actions.filter(({ gate }) => gate.kind === 'braked');
    const tipped = new Set(
      isMassChange(braked.length, before.live.size, roster.maxDisruption)
        ? []
        : braked.map(({ agent }) => agent),
    );
    const ready = again.actions.filter(({ agent, gate }) => gate.kind === 'ready' && !tipped.has(agent));
    expect(ready).toEqual([]);
  };
}

interface Sight {
  /** Agents of this home whose own process runs. */
  readonly live: ReadonlyMap<string, LiveSight>;
  readonly strangers: ReadonlyMap<string, object>;
  readonly foreignUnits: readonly string[];
}

interface LiveSight {
  readonly pid: number;
  readonly panes: readonly number[];
  readonly spec: string | null;
  readonly context: string | null;
  readonly attached: number;
  readonly lastOutputAt: number;
}

function sightOf({ host }: Story): Sight {
  const sessions = host.server?.sessions ?? [];
  const live = sessions.flatMap((session): readonly (readonly [string, LiveSight])[] => {
    const { marks, attached, panes } = session;
    const own = session.ownPane();
    if (marks.agent === null || own === undefined) return [];
    const { pid, lastOutputAt } = own;
    const pids = panes.map((pane) => pane.pid);
    return [
      [marks.agent, { pid, panes: pids, spec: marks.spec, context: marks.context, attached, lastOutputAt }],
    ];
  });
  const strangers = sessions.filter(({ stranger }) => stranger);
  return {
    live: new Map(live),
    strangers: new Map(strangers.map((session) => [session.id, copyOf(session)])),
    foreignUnits: [...host.units.keys()].filter((agent) => agent.endsWith('-x')),
  };
}

const copyOf = ({ id, name, marks, panes }: FakeSession): object =>
  structuredClone({ id, name, marks, panes });
