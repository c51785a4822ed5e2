import { describe, expect, test } from 'vitest';
import { apply } from '../../src/controller/apply.js';
import { noWords } from '../../src/controller/gate.js';
import { operatorPlan } from '../../src/controller/operator-plan.js';
import type { Plan } from '../../src/controller/action.js';
import { plan } from '../../src/controller/plan.js';
import { staleRecords } from '../../src/controller/stale-record.js';
import { fleetStatus } from '../../src/controller/status.js';
import { ok } from '../../src/roster/result.js';
import { FakeHost, launching } from '../support/fake-host.js';
import { rosterOf } from '../support/scene.js';

type Doc = Readonly<Record<string, unknown>>;

const before = { kickstart_template: 'k.md', class: 'worker', persistent_persona: 'ada' };
const after = { ...before, class: 'boss', persistent_persona: 'bob' };
const slot = { reset_between_tasks: true };
const all = ['class', 'kickstart_template', 'persona'];

/** One agent that was spoken to. */
class One {
  readonly host = new FakeHost();
  roster = rosterOf([{ name: 'a' }]);

  static async begun(doc: Doc = {}): Promise<One> {
    const one = new One();
    one.edit({ ...before, ...doc }, 'old');
    await one.apply();
    one.host.spoken.add(one.conversation ?? '');
    return one;
  }

  edit(doc: Doc, kickstart: string): void {
    const rest = { templates: { 'k.md': kickstart }, defaults: { max_disruption: '100%' } };
    this.roster = rosterOf([{ name: 'a', runtime: 'claude', ...doc, disruption: 'immediate' }], rest);
    this.host.now += 120_000;
  }

  get plan(): Plan {
    return plan(this.host.observe(this.roster), noWords, this.host.now);
  }

  get actions(): readonly string[] {
    return this.plan.actions.map(({ action }) => action);
  }

  get conversation(): string | null {
    return this.host.sessionOf('a')?.marks.conversation ?? null;
  }

  get outdated(): readonly string[] | undefined {
    return fleetStatus(this.host.observe(this.roster), { now: this.host.now })[0]?.outdated;
  }

  async apply(wanted: Plan = this.plan): Promise<readonly string[]> {
    const { host, roster } = this;
    const results = await apply(
      wanted,
      host.observe(roster),
      {
        actuators: host,
        ...launching(roster.socketName),
        observe: () => Promise.resolve(host.observe(roster)),
        planAgain: () => Promise.resolve(ok(wanted)),
        report: () => undefined,
        pause: () => Promise.resolve(),
        interrupted: () => false,
      },
      host.now,
    );
    return results.map(({ kind, action }) => `${action.action} ${kind}`);
  }

  say(command: 'restart' | 'restart --fresh'): Promise<readonly string[]> {
    this.host.now += 120_000;
    return this.apply(operatorPlan(this.host.observe(this.roster), command, ['a'], this.host.now));
  }

  /** Its unit is restarted by hand. */
  async byHand(): Promise<void> {
    await this.host.restartUnits(['a']);
  }

  end(): void {
    const session = this.host.sessionOf('a');
    if (session !== undefined) this.host.endSession(session);
    this.host.units.set('a', { active: 'inactive', sub: 'dead', session: null });
  }
}

/** Changed, and applied as far as a live agent is changed for it. */
async function outdatedOne(): Promise<One> {
  const one = await One.begun();
  one.edit(after, 'new');
  expect(await one.apply()).toEqual(['update done']);
  expect(one.outdated).toEqual(all);
  return one;
}

describe('a conversation that goes on keeps the context it was begun under', () => {
  const ways: Readonly<Record<string, (one: One) => Promise<unknown>>> = {
    'a restart': async (one) => expect(await one.say('restart')).toEqual(['restart done']),
    'a restart by hand': (one) => one.byHand(),
    'a start after its end': async (one) => {
      one.end();
      expect(await one.apply()).toEqual(['start done']);
    },
    'a restart for another field': async (one) => {
      one.edit({ ...after, env: { KEY: 'v' } }, 'new');
      expect(await one.apply()).toEqual(['restart done']);
    },
  };
  test.each(Object.keys(ways))('through %s', async (way) => {
    const one = await outdatedOne();
    const id = one.conversation;
    await ways[way]?.(one);
    expect([one.conversation, one.outdated, one.actions]).toEqual([id, all, []]);
    // What it goes on with is on record: the next start says the same.
    one.end();
    await one.apply();
    expect([one.conversation, one.outdated, one.actions]).toEqual([id, all, []]);
    await one.say('restart --fresh');
    expect([one.conversation === id, one.outdated, one.actions]).toEqual([false, [], []]);
  });

  test('where spec and context are changed at once', async () => {
    const one = await One.begun();
    one.edit({ ...after, env: { KEY: 'v' } }, 'new');
    expect(await one.apply()).toEqual(['restart done']);
    expect([one.outdated, one.actions]).toEqual([all, []]);
  });

  test('changed back, it is not outdated', async () => {
    const one = await outdatedOne();
    await one.say('restart');
    one.edit(before, 'old');
    await one.apply();
    expect([one.outdated, one.actions]).toEqual([[], []]);
  });
});

test('another runtime begins anew', async () => {
  const one = await outdatedOne();
  one.edit({ ...after, runtime: 'codex' }, 'new');
  expect(await one.apply()).toEqual(['restart done']);
  expect([one.outdated, one.actions]).toEqual([[], []]);
});

test('a model hint that has moved into the command is in force with the process', async () => {
  const one = await One.begun({ model_hint: 'm' });
  one.edit({ ...before, model_hint: 'm', command: ['c', '{model_hint}', '{conversation}'] }, 'old');
  expect(await one.apply()).toEqual(['restart done']);
  expect([one.outdated, one.actions]).toEqual([[], []]);
});

describe('a disposable slot', () => {
  test('is reset where spec and context are changed at once', async () => {
    const one = await One.begun(slot);
    const id = one.conversation;
    one.edit({ ...after, ...slot, env: { KEY: 'v' } }, 'new');
    const [action] = one.plan.actions;
    expect(action?.reasons.map((reason) => 'field' in reason && `${reason.field} ${reason.policy}`)).toEqual([
      'env.KEY restart',
      ...all.map((field) => `${field} reset`),
    ]);
    expect(await one.apply()).toEqual(['reset done']);
    expect([one.conversation === id, one.outdated, one.actions]).toEqual([false, [], []]);
  });

  test.each(['on record', 'lost'])(
    'that ended, or is restarted, is reset afterwards; its record is %s',
    async (record) => {
      const one = await One.begun(slot);
      const id = one.conversation;
      one.edit({ ...after, ...slot }, 'new');
      if (record === 'lost') one.host.applied.delete('a');
      else {
        one.end();
        expect(await one.apply()).toEqual(['start done']);
      }
      await one.say('restart');
      expect([one.conversation, one.actions]).toEqual([id, ['reset']]);
      expect(await one.apply()).toEqual(['reset done']);
      expect([one.conversation === id, one.outdated, one.actions]).toEqual([false, [], []]);
    },
  );
});

test('a fresh start that was cut short before it was written down is on record afterwards', async () => {
  const one = await outdatedOne();
  const applied = one.host.applied.get('a');
  await one.say('restart --fresh');
  if (applied === undefined) throw new Error('no record');
  one.host.applied.set('a', applied);
  const [stale] = staleRecords(one.host.observe(one.roster));
  expect(stale?.record.started).toEqual(applied.applied);
  if (stale !== undefined) one.host.applied.set('a', stale.record);
  expect(staleRecords(one.host.observe(one.roster))).toEqual([]);
});

test('where no context is on record, the declared one is taken for it', async () => {
  const one = await outdatedOne();
  const applied = one.host.applied.get('a');
  if (applied === undefined) throw new Error('no record');
  const started = Object.entries(applied.started).filter(([field]) => field !== 'in_force.context');
  one.host.applied.set('a', { ...applied, started: Object.fromEntries(started) });
  one.end();
  await one.apply();
  expect([one.outdated, one.actions]).toEqual([[], []]);
});
