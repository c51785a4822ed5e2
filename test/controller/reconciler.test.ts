import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/controller/action.js';
import type { World } from '../../src/controller/assess.js';
import { noWords } from '../../src/controller/gate.js';
import { operatorPlan } from '../../src/controller/operator-plan.js';
import { plan as planOf } from '../../src/controller/plan.js';
import { restrict } from '../../src/controller/restrict.js';
import { rosterOf, type AgentDoc } from '../support/scene.js';
import { VirtualFleet, type Witness } from '../support/virtual-fleet.js';

const minute = 60_000;
const withDir = (agents: readonly AgentDoc[], directory: string): readonly AgentDoc[] =>
  agents.map((agent) => ({ ...agent, working_directory: directory }));

const stopOf = (world: World, name: string): Plan => operatorPlan(world, 'stop', [name], 0);
const seenPlan = ({ host, file }: VirtualFleet): Plan => planOf(host.observe(file.roster), noWords, host.now);

/** A fleet that runs, idle for a while. */
async function runningFleet(agents: readonly AgentDoc[], witness: Witness = {}, defaults = {}) {
  const fleet = new VirtualFleet(rosterOf(agents, { defaults }), witness);
  fleet.startController();
  await fleet.clock.advance(2 * minute);
  const pids = (): readonly (number | null)[] => agents.map(({ name }) => fleet.host.pidOf(name));
  const write = (next: readonly AgentDoc[]): void => fleet.write(rosterOf(next, { defaults }));
  return { fleet, pids, write, clock: fleet.clock, host: fleet.host };
}

describe('a pass', () => {
  test('starts what is in the roster, with one look before and one after', async () => {
    const fleet = new VirtualFleet(rosterOf([{ name: 'a' }, { name: 'b' }]));
    fleet.startController();
    await fleet.clock.advance(5000);
    expect([fleet.host.pidOf('a'), fleet.host.pidOf('b')]).not.toContain(null);
    // The third finds nothing to do.
    expect(fleet.looks).toBe(3);
  });

  test('leaves what it has just begun alone for a moment, unless the roster is another one', async () => {
    const { fleet, clock, host, write } = await runningFleet([{ name: 'a' }, { name: 'b' }]);
    host.startMs.set('a', 1000);
    host.endSession(host.sessionOf('a')!);
    await clock.advance(100);
    const looks = fleet.looks;
    fleet.wake();
    await clock.advance(90);
    expect(fleet.looks).toBe(looks);
    write([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    await clock.advance(10);
    expect(fleet.looks).toBe(looks + 1);
    await clock.advance(2000);
    expect(host.pidOf('c')).not.toBeNull();
  });

  test('looks at what goes on for longer after a moment', async () => {
    const { fleet, clock, host } = await runningFleet([{ name: 'a' }]);
    host.startMs.set('a', 5000);
    host.endSession(host.sessionOf('a')!);
    await clock.advance(100);
    const looks = fleet.looks;
    fleet.wake();
    await clock.advance(300);
    expect(fleet.looks).toBeGreaterThan(looks);
  });

  test('does nothing where it is refused, or has no roster', async () => {
    const refused = new VirtualFleet(rosterOf([{ name: 'a' }]));
    refused.refusal = 'not installed';
    const empty = new VirtualFleet(rosterOf([{ name: 'a' }]));
    empty.spoil('not YAML');
    for (const fleet of [refused, empty]) {
      fleet.startController();
      await fleet.clock.advance(minute);
      expect(fleet.host.calls).toBe(0);
    }
    expect(empty.looks).toBe(0);
  });

  test('an invalid file leaves the last good roster in force', async () => {
    const { fleet, clock, host } = await runningFleet([{ name: 'a' }]);
    fleet.spoil('not YAML');
    host.endSession(host.sessionOf('a')!);
    await clock.advance(1000);
    expect(host.pidOf('a')).not.toBeNull();
  });

  test('waits for the lock that another command has', async () => {
    const { fleet, clock, host } = await runningFleet(
      [{ name: 'a' }, { name: 'b' }],
      {},
      { stop_grace: '5s' },
    );
    host.stubborn.add('b');
    void fleet.command('stop', (world) => stopOf(world, 'b'));
    await clock.advance(100);
    host.endSession(host.sessionOf('a')!);
    await clock.advance(4000);
    expect(host.pidOf('a')).toBeNull();
    await clock.advance(2000);
    expect(host.pidOf('a')).not.toBeNull();
  });

  test('is given up where a look takes too long, and tried again', async () => {
    const troubles: string[] = [];
    const { fleet, clock, host } = await runningFleet([{ name: 'a' }], {
      trouble: (during, message) => troubles.push(`${during}: ${message}`),
    });
    fleet.lookMs = 40_000;
    await clock.advance(20_000);
    host.endSession(host.sessionOf('a')!);
    await clock.advance(30_000);
    fleet.lookMs = 6;
    await clock.advance(40_000);
    expect(troubles).toContain('pass: looking at the host took longer than 30s; nothing was done');
    expect(host.pidOf('a')).not.toBeNull();
  });
});

describe('agents that are being acted upon', () => {
  test('are left alone, while others go on', async () => {
    const agents = [{ name: 'slow' }, { name: 'quick' }];
    const { fleet, pids, write, clock, host } = await runningFleet(agents, {}, { stop_grace: '20s' });
    const ending = (): readonly string[] => [...(fleet.controller?.reconciler.ending ?? [])];
    host.stubborn.add('slow');
    write(withDir(agents, '/srv/x'));
    await clock.advance(5000);
    const [slow, quick] = pids();
    expect(host.units.get('slow')?.active).toBe('deactivating');
    expect(ending()).toEqual(['slow']);
    host.endSession(host.sessionOf('quick')!);
    await clock.advance(1000);
    expect(pids()[1]).not.toBe(quick);
    expect(pids()[1]).not.toBeNull();
    expect(pids()[0]).toBe(slow);
    await clock.advance(20_000);
    expect(host.deeds.filter(({ agent }) => agent === 'slow')).toHaveLength(1);
    expect(host.sessionOf('slow')?.ownPane()?.pid).not.toBe(slow);
    expect(ending()).toEqual([]);
  });

  test('a name that is added again while it is being stopped runs once more', async () => {
    const agents = [{ name: 'a' }, { name: 'b' }];
    const { fleet, write, clock, host } = await runningFleet(agents, {}, { stop_grace: '8s' });
    host.stubborn.add('a');
    write([{ name: 'b' }]);
    await clock.advance(3000);
    expect(host.units.get('a')?.active).toBe('deactivating');
    write(agents);
    await clock.advance(30_000);
    expect(host.units.get('a')?.active).toBe('active');
    const looks = fleet.looks;
    await clock.advance(minute);
    expect(host.deeds).toHaveLength(1);
    expect(fleet.looks - looks).toBe(4);
  });

  test('an edit during a restart is applied when that has ended, the last one only', async () => {
    const agents = [{ name: 'a', disruption: 'immediate' }];
    const { write, clock, host } = await runningFleet(agents, {}, { stop_grace: '10s' });
    host.stubborn.add('a');
    for (const directory of ['/srv/1', '/srv/2', '/srv/3']) {
      write(withDir(agents, directory));
      await clock.advance(2000);
    }
    await clock.advance(minute);
    expect(host.deeds).toHaveLength(2);
    expect(host.launchRecords.get('a')?.split('\0')[3]).toBe('/srv/3');
  });
});

describe('a removal', () => {
  test('is done once the file has been unchanged for a second', async () => {
    const { write, clock, host } = await runningFleet([{ name: 'a' }, { name: 'b' }]);
    write([{ name: 'b' }]);
    await clock.advance(900);
    expect(host.deeds).toEqual([]);
    write([{ name: 'b', class: 'reviewer' }]);
    await clock.advance(900);
    expect(host.deeds).toEqual([]);
    await clock.advance(300);
    expect(host.units.has('a')).toBe(false);
  });

  test('that is taken back within the second does nothing', async () => {
    const agents = [{ name: 'a' }, { name: 'b' }];
    const { pids, write, clock } = await runningFleet(agents);
    const before = pids();
    write([{ name: 'b' }]);
    await clock.advance(800);
    write(agents);
    await clock.advance(minute);
    expect(pids()).toEqual(before);
  });
});

test('launches keep start_spacing between them, whatever the occasion', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const launches: number[] = [];
  const fleet = new VirtualFleet(
    rosterOf(
      names.map((name) => ({ name })),
      { defaults: { start_spacing: '3s' } },
    ),
  );
  fleet.host.onLaunch = () => launches.push(fleet.clock.monotonic());
  fleet.startController();
  await fleet.clock.advance(20_000);
  expect(launches).toHaveLength(4);
  for (const name of names) fleet.host.endSession(fleet.host.sessionOf(name)!);
  await fleet.clock.advance(20_000);
  expect(launches).toHaveLength(8);
  const gaps = launches.slice(1).map((at, index) => at - launches[index]!);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3000);
});

describe('the brake', () => {
  const agents = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));

  test('holds a mass change until it is approved, and that approval lasts until the last agent is idle', async () => {
    const { fleet, pids, write, clock, host } = await runningFleet(agents);
    const before = pids();
    write(withDir(agents, '/srv/x'));
    await clock.advance(3 * minute);
    expect(pids()).toEqual(before);
    for (const name of ['d', 'e']) host.sessionOf(name)!.ownPane()!.lastOutputAt = host.now / 1000;
    host.approvals = [{ kind: 'fleet', revision: fleet.file.roster.revision }];
    fleet.wake();
    await clock.advance(5000);
    expect(pids().map((pid, index) => pid === before[index])).toEqual([false, false, false, true, true]);
    await clock.advance(35_000);
    expect(pids().filter((pid) => before.includes(pid))).toEqual([]);
    expect(host.approvals).toEqual([]);
  });

  const more = ['f', 'g', 'h', 'i', 'j'].map((name) => ({ name }));

  /** Held with all five of five, and so many more are started since that by numbers alone it might go on. */
  async function heldAndGrown() {
    const one = await runningFleet(agents);
    const before = one.pids();
    const moved = agents.map((agent, index) => ({
      ...agent,
      working_directory: '/srv/x',
      ...(index < 2 ? { disruption: 'ask' } : {}),
    }));
    one.write([...moved, ...more]);
    await one.clock.advance(minute);
    const plan = seenPlan(one.fleet);
    expect(plan.actions.map(({ gate }) => gate.kind)).toEqual([
      ...['needs-approval', 'needs-approval', 'braked', 'braked', 'braked'],
    ]);
    return { ...one, plan, same: () => one.pids().map((pid, index) => pid === before[index]) };
  }

  test.each<readonly [string, object, (fleet: VirtualFleet) => void, (fleet: VirtualFleet) => void]>([
    ['start_spacing lets them go one by one', { start_spacing: '3s' }, () => undefined, () => undefined],
    [
      'somebody talks to some of them meanwhile',
      {},
      ({ spokenTo }) => void ['a', 'b', 'c'].map((name) => spokenTo.add(name)),
      ({ spokenTo }) => spokenTo.clear(),
    ],
  ])('its approval is for all of them, although %s', async (_, defaults, before, after) => {
    const agents = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));
    const { fleet, pids, write, clock, host } = await runningFleet(agents, {}, defaults);
    const old = pids();
    write(withDir(agents, '/srv/x'));
    await clock.advance(2 * minute);
    expect(pids()).toEqual(old);
    before(fleet);
    host.approvals = [{ kind: 'fleet', revision: fleet.file.roster.revision }];
    fleet.wake();
    await clock.advance(minute);
    after(fleet);
    fleet.wake();
    await clock.advance(minute);
    for (const [index, pid] of pids().entries()) expect(pid).not.toBe(old[index]);
    expect(host.approvals).toEqual([]);
    expect(seenPlan(fleet).actions).toEqual([]);
  });

  test('holds on where only what it does not hold was asked for, and that makes the fleet larger', async () => {
    const agents = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map((name) => ({ name }));
    const fleet = new VirtualFleet(rosterOf(agents));
    const stop = { since: 0, until: null, reason: null, by: 'stop' } as const;
    for (const { name } of agents.slice(5)) fleet.host.holds.set(name, stop);
    fleet.startController();
    await fleet.clock.advance(2 * minute);
    const pids = () => agents.slice(0, 3).map(({ name }) => fleet.host.pidOf(name));
    const old = pids();
    fleet.write(rosterOf([...withDir(agents.slice(0, 3), '/srv/x'), ...agents.slice(3)]));
    await fleet.clock.advance(2 * minute);
    expect(pids()).toEqual(old);
    fleet.host.holds.clear();
    const starts = (world: World): Plan =>
      restrict(planOf(world, noWords, fleet.host.now), ({ action }) => action === 'start');
    await Promise.all([fleet.command('start', starts), fleet.clock.advance(5000)]);
    await fleet.clock.advance(5 * minute);
    expect(fleet.host.pidOf('j')).not.toBeNull();
    expect(pids()).toEqual(old);
  });

  test('is not forgotten, nor done in part, because some agents of the mass change were approved by name', async () => {
    const { fleet, plan, same, clock, host } = await heldAndGrown();
    host.approvals = plan.actions
      .filter(({ agent }) => ['a', 'b'].includes(agent))
      .map(({ agent, action, applied, desired }) => ({ kind: 'agent', agent, action, applied, desired }));
    fleet.wake();
    await clock.advance(10_000);
    expect(same()).toEqual([true, true, true, true, true]);
    expect(host.braked).toBe(fleet.file.roster.revision);
    await clock.advance(5 * minute);
    expect(same()).toEqual([true, true, true, true, true]);
  });

  test('is not forgotten because the operator restarts one of its agents', async () => {
    const { fleet, same, clock } = await heldAndGrown();
    void fleet.command('restart', (world) => operatorPlan(world, 'restart', ['c'], 0));
    await clock.advance(5 * minute);
    expect(same()).toEqual([true, true, false, true, true]);
  });
});
