import { describe, expect, test } from 'vitest';
import { rosterOf, type AgentDoc } from '../support/scene.js';
import { VirtualFleet } from '../support/virtual-fleet.js';

const minute = 60_000;
const day = 24 * 60 * minute;
const inDir = (names: readonly string[], directory: string, defaults = {}) =>
  rosterOf(
    names.map((name): AgentDoc => ({ name, working_directory: directory })),
    { defaults },
  );

/** A fleet that has run for two minutes. */
async function runningFleet(names: readonly string[], defaults = {}) {
  const fleet = new VirtualFleet(inDir(names, '/a', defaults));
  fleet.startController();
  await fleet.clock.advance(2 * minute);
  const { clock, host } = fleet;
  const prints = (name: string): void => {
    host.sessionOf(name)!.ownPane()!.lastOutputAt = Math.floor(host.now / 1000);
  };
  /** Prints every five seconds for so long, milliseconds. */
  const printsFor = async (name: string, ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 5000) {
      prints(name);
      await clock.advance(5000);
    }
  };
  return { fleet, clock, host, prints, printsFor, pid: (name: string) => host.pidOf(name) };
}

describe.each([
  ['ahead', day],
  ['back', -day],
])('a wall clock that is set %s by a day', (_, jump) => {
  test('makes nobody idle, and keeps nobody busy', async () => {
    const { fleet, clock, printsFor, pid } = await runningFleet(['busy', 'idle']);
    const before = pid('busy');
    await printsFor('busy', 20_000);
    clock.jump(jump);
    fleet.write(inDir(['busy', 'idle'], '/b'));
    const idle = pid('idle');
    await clock.advance(3000);
    expect(pid('idle')).not.toBe(idle);
    expect(pid('busy')).toBe(before);
    await printsFor('busy', 2 * minute);
    expect(pid('busy')).toBe(before);
    await clock.advance(31_000);
    expect(pid('busy')).not.toBe(before);
  });

  test('makes nobody idle who printed right before, unseen', async () => {
    const { fleet, clock, prints, pid } = await runningFleet(['a']);
    const before = pid('a');
    fleet.write(inDir(['a'], '/b', { idle_after: '10s' }));
    prints('a');
    clock.jump(jump);
    await clock.advance(5000);
    expect(pid('a')).toBe(before);
    await clock.advance(20_000);
    expect(pid('a')).not.toBe(before);
  });

  test('does not make the brake forget', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const { fleet, clock, pid } = await runningFleet(names);
    const before = names.map(pid);
    const mixed = (moved: readonly string[]) =>
      rosterOf(names.map((name) => ({ name, working_directory: moved.includes(name) ? '/b' : '/a' })));
    fleet.write(mixed(['a', 'b']));
    await clock.advance(5000);
    clock.jump(jump);
    fleet.write(mixed(names));
    await clock.advance(40_000);
    expect(names.map((name, index) => pid(name) === before[index])).toEqual([false, false, true, true]);
  });
});

test('a new controller keeps start_spacing after what the old one started', async () => {
  const launches: number[] = [];
  const fleet = new VirtualFleet(inDir(['a', 'b', 'c'], '/a', { start_spacing: '20s' }));
  fleet.host.onLaunch = () => launches.push(fleet.clock.monotonic());
  fleet.startController();
  for (let restarts = 0; restarts < 20; restarts += 1) {
    await fleet.clock.advance(4000);
    fleet.startController();
  }
  expect(launches).toHaveLength(3);
  const gaps = launches.slice(1).map((at, index) => at - launches[index]!);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(20_000);
});
