import { expect, test } from 'vitest';
import { ConditionKeeper } from '../../../src/cli/run/condition-keeper.js';
import type { Condition } from '../../../src/controller/conditions.js';
import { noWords } from '../../../src/controller/gate.js';
import { plan } from '../../../src/controller/plan.js';
import { now, Scene } from '../../support/scene.js';

interface Written {
  readonly fleet: readonly Condition[];
  readonly agents: Readonly<Record<string, readonly Condition[]>>;
}

/** The same fleet, in which nothing is to be done, looked at again and again. */
class Quiet {
  readonly written: Written[] = [];
  #now = now;
  readonly #keeper = new ConditionKeeper({
    recorded: null,
    now: () => this.#now,
    write: (record) => {
      this.written.push(record as Written);
      return null;
    },
    trouble: (message) => expect.unreachable(message),
  });

  /** @param laterMs after the first look */
  look(laterMs: number, blank: boolean, idleSeconds: number): void {
    this.#now = now + laterMs;
    const scene = new Scene([{ name: 'a', runtime: 'opencode' }]).live('a', { idleSeconds });
    const [session] = scene.sessions;
    scene.sessions[0] = { ...session!, panes: session!.panes.map((pane) => ({ ...pane, blank })) };
    const world = scene.world();
    const planned = plan(world, noWords, this.#now);
    expect(planned.actions).toEqual([]);
    this.#keeper.looked({ world, refusal: null }, planned, new Set(), null);
  }

  ready(): readonly (Condition | undefined)[] {
    const last = this.written.at(-1);
    return [last?.fleet, last?.agents['a']].map((all) => all?.find(({ type }) => type === 'Ready'));
  }
}

test('an agent whose screen stays empty is on record as not ready since it became so, and as ready again', () => {
  const quiet = new Quiet();
  quiet.look(0, true, 30);
  expect(quiet.ready()).toMatchObject([{ status: 'True' }, { status: 'True' }]);
  quiet.look(40_000, true, 30);
  const unready = { status: 'False', lastTransitionTime: now + 40_000 };
  expect(quiet.ready()).toMatchObject([unready, unready]);
  quiet.look(50_000, true, 30);
  quiet.look(60_000, false, 30);
  const again = { status: 'True', lastTransitionTime: now + 60_000 };
  expect(quiet.ready()).toMatchObject([again, again]);
  expect(quiet.written).toHaveLength(3);
});

test('a look that shows nothing new writes nothing', () => {
  const quiet = new Quiet();
  for (const laterMs of [0, 15_000, 300_000]) quiet.look(laterMs, false, 30);
  expect(quiet.written).toHaveLength(1);
});
