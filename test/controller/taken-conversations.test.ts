import { describe, expect, test } from 'vitest';
import {
  unseen,
  type Conversation,
  type ConversationRecord,
  type ConversationSight,
} from '../../src/controller/conversation.js';
import { operatorPlan } from '../../src/controller/operator-plan.js';
import { plan } from '../../src/controller/plan.js';
import { noWords } from '../../src/controller/gate.js';
import { chooseConversation, resumePlan } from '../../src/controller/resume-plan.js';
import { fleetStatus } from '../../src/controller/status.js';
import { now, Scene, type LiveOptions } from '../support/scene.js';

interface In {
  readonly id?: string;
  /** Minutes ago. */
  readonly begun?: number;
  /** Minutes ago; null: never. */
  readonly resumed?: number | null;
  readonly former?: string;
  readonly doc?: Readonly<Record<string, unknown>>;
  /** It lives. */
  readonly live?: LiveOptions;
}

const minutes = (ago: number): number => now - ago * 60_000;

function conversation({ id = 'x', begun = 60, resumed = null }: In, runtime: unknown): Conversation {
  return {
    ...{ id, runtime: String(runtime), directory: '~/src', origin: 'chosen', createdAt: minutes(begun) },
    ...{ accepted: true, unit: null },
    resumed: resumed === null ? null : { at: minutes(resumed), how: 'start' },
  };
}

/** Agents in conversations of which something is known to be said in each. */
function scene(agents: Readonly<Record<string, In>>, runtime = 'claude'): Scene {
  const docs = Object.entries(agents).map(([name, { doc = {} }]) => ({ name, runtime, ...doc }));
  const all = new Scene(docs);
  for (const [name, one] of Object.entries(agents)) {
    const record: ConversationRecord = {
      current: conversation(one, runtime),
      former:
        one.former === undefined
          ? []
          : [{ ...conversation({ id: one.former }, runtime), ended: 'fresh', endedAt: now }],
    };
    all.conversations.set(name, { ...unseen, record: { known: true, value: record } });
    if (one.live !== undefined)
      all.live(name, { ...one.live, marks: { conversation: one.id ?? 'x', ...one.live.marks } });
  }
  return all;
}

/** What is planned for each agent: started, or what stands before that. */
const planned = (all: Scene): Readonly<Record<string, string>> =>
  Object.fromEntries(
    all
      .plan()
      .actions.map(({ agent, action, gate }) => [
        agent,
        gate.kind === 'ready' ? action : gate.kind === 'blocked' ? gate.code : gate.kind,
      ]),
  );

const taken = 'ConversationInUse';

describe('an agent whose conversation another one is in', () => {
  test('is not started in it, and what to do is said', () => {
    const all = scene({ a: { resumed: 1 }, b: { resumed: 9, live: {} } });
    const message =
      'b is in its conversation x: two would overwrite each other; ' +
      'continue another one (fleet agent resume a ID), or begin anew: fleet restart a --fresh';
    expect(all.plan().actions).toMatchObject([
      {
        ...{ agent: 'a', action: 'start', cost: { kind: 'none' } },
        gate: { kind: 'blocked', code: taken, message },
        conversation: { now: { kind: 'known' }, next: { kind: 'barred', code: 'in-use', message } },
      },
    ]);
    const status = fleetStatus(all.world(), { now }).find(({ name }) => name === 'a');
    expect(status).toMatchObject({ conversation: { kind: 'known', id: 'x' } });
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Progressing', status: 'False', reason: taken, message }),
    );
  });

  test('is left as it is where it lives: its restart continues it', () => {
    const live = { was: { env: { A: '1' } }, said: true };
    const all = scene({ a: { live }, b: { live }, c: {} });
    expect(planned(all)).toEqual({ a: 'restart', b: 'restart', c: taken });
    const restarts = operatorPlan(all.world(), 'restart', ['a', 'b'], now).actions;
    expect(restarts).toMatchObject([
      { gate: { kind: 'ready' }, conversation: { next: { kind: 'same', resumes: true } } },
      { gate: { kind: 'ready' }, conversation: { next: { kind: 'same', resumes: true } } },
    ]);
  });

  test.each<readonly [string, LiveOptions, string]>([
    ['its process has ended', { dead: true }, 'restart'],
    ['it lives without its unit', { unit: null }, 'live'],
  ])('counts as one that lives, or does not: %s', (_, live, is) => {
    const all = scene({ a: { live }, b: { live: {} } });
    expect(planned(all)).toEqual(is === 'live' ? {} : { a: taken });
  });

  test('of an agent that has left the roster, as long as that one runs', () => {
    const all = scene({ a: {} }).live('b', { marks: { conversation: 'x' }, said: true });
    expect(planned(all)).toEqual({ a: taken, b: 'stop' });
    const gone = scene({ a: {} });
    gone.conversations.set('b', gone.conversations.get('a') ?? unseen);
    expect(planned(gone)).toEqual({ a: 'start' });
  });

  test.each(['activating', 'deactivating'] as const)('whose unit is %s: in doubt it runs', (state) => {
    const all = scene({ a: { resumed: 1 }, b: { resumed: 9 } }).unit('b', state);
    expect(planned(all)['a']).toBe(taken);
  });

  test('goes by what the other process shows, not by what it was started in', () => {
    const all = scene({ a: {}, b: { live: {} } });
    const sight = all.conversations.get('b') ?? unseen;
    all.conversations.set('b', { ...sight, live: 'another' });
    expect(planned(all)).toEqual({ a: 'start' });
    all.conversations.set('b', { ...sight, live: 'x' });
    expect(planned(all)).toEqual({ a: taken });
  });
});

describe('where neither lives, one of the two is started', () => {
  test.each<readonly [string, Readonly<Record<string, In>>, string]>([
    ['who was put into it last', { a: { resumed: 9 }, b: { resumed: 1 } }, 'b'],
    ['who was put into it last, by the other name', { a: { resumed: 1 }, b: { resumed: 9 } }, 'a'],
    ['who continued it, not who began it before', { a: { begun: 60 }, b: { begun: 90, resumed: 1 } }, 'b'],
    ['who began it last', { a: { begun: 60 }, b: { begun: 5 } }, 'b'],
    ['at the same moment the lesser name', { b: { resumed: 1 }, a: { resumed: 1 } }, 'a'],
    ['of many one', { a: { resumed: 3 }, b: { resumed: 1 }, c: { resumed: 1 }, d: {} }, 'b'],
    ['also where it is held', { a: { resumed: 9 }, b: { resumed: 1 } }, 'b'],
  ])('%s', (what, agents, first) => {
    const all = scene(agents);
    if (what.includes('held'))
      all.remember({ holds: new Map([['b', { since: 0, until: null, reason: null, by: 'stop' }]]) });
    const expected = Object.keys(agents).map((name) => [
      name,
      name !== first ? taken : what.includes('held') ? 'held' : 'start',
    ]);
    expect(planned(all)).toEqual(Object.fromEntries(expected));
    const message = all.actionOn(Object.keys(agents).find((name) => name !== first) ?? '')?.gate;
    expect(message).toMatchObject({
      message: expect.stringContaining(`${first} is to go on in its conversation x: two would`) as string,
    });
  });

  test.each<readonly [string, In]>([
    ['is suspended', { doc: { suspend: true } }],
    ['begins a new one', { doc: { working_directory: '~/other' } }],
    ['is started in none', { doc: { resume: false } }],
    ['is in another one', { id: 'y' }],
  ])('both where the other one %s', (_, other) => {
    expect(planned(scene({ a: {}, b: { resumed: 1, ...other } }))['a']).toBe('start');
  });
});

describe('who runs in an empty one, and is led back by an edit that is taken back', () => {
  /** In ~/new until now. */
  const led = (all: Scene, name: string): Scene => {
    const current = { ...conversation({ id: `n-${name}` }, 'claude'), accepted: false, directory: '~/new' };
    const before = { ...conversation({}, 'claude'), ended: 'changed', endedAt: now } as const;
    all.conversations.set(name, {
      ...{ ...unseen, record: { known: true, value: { current, former: [before] } } },
      evidence: new Map([
        [`n-${name}`, { state: 'empty' }],
        ['x', { state: 'holds', bytes: 1, changedAt: now }],
      ]),
    });
    return all.live(name, {
      was: { working_directory: '~/new' },
      marks: { conversation: `n-${name}` },
    });
  };
  const with_ = (agents: Readonly<Record<string, In>>, ...names: readonly string[]): Scene =>
    names.reduce(led, scene({ ...Object.fromEntries(names.map((name) => [name, {}])), ...agents }));

  test('goes back where nobody else is in it', () => {
    expect(planned(with_({ b: { id: 'y' } }, 'a'))).toEqual({ a: 'restart', b: 'start' });
  });
  test('does not where another one lives in it, or is to go on in it', () => {
    expect(planned(with_({ b: { live: {} } }, 'a'))).toEqual({ a: taken });
    // It has nothing else, whoever was put there last.
    expect(planned(with_({ b: { begun: 90 } }, 'a'))).toEqual({ a: taken, b: 'start' });
  });
  test('one of two alone', () => {
    expect(planned(with_({}, 'a', 'b'))).toEqual({ a: 'restart', b: taken });
  });
});

describe('pi', () => {
  const own = '/home/op/.pi/agent/sessions/--home-op-src--fleet-a-01234567';
  const many = '/home/op/.pi/agent/sessions/--home-op-src--';
  const another =
    /^b is in another one of the directory of its conversation .*\/y\.jsonl: what is written there last would be taken for either's; /;
  test.each<readonly [string, string, string, RegExp | null]>([
    ['the same', `${own}/x.jsonl`, `${own}/x.jsonl`, /^b is in its conversation .*\/x\.jsonl: two would/],
    ['in another spelling', `${own}/x.jsonl`, `/${own}//./x.jsonl`, /^b is in its conversation /],
    ['beside it, in a directory of its own', `${own}/y.jsonl`, `${own}/x.jsonl`, another],
    ['in another directory', `${own}/x.jsonl`, `${own.replace('-a-', '-b-')}/x.jsonl`, null],
    ['in a directory that many share', `${many}/x.jsonl`, `${many}/y.jsonl`, null],
  ])('%s', (_, mine, theirs, message) => {
    const alive = scene({ a: { id: mine, resumed: 1 }, b: { id: theirs, live: {} } }, 'pi');
    const dead = scene({ a: { id: mine, resumed: 9 }, b: { id: theirs, resumed: 1 } }, 'pi');
    if (message === null) {
      expect(planned(alive)).toEqual({ a: 'start' });
      expect(planned(dead)).toEqual({ a: 'start', b: 'start' });
      return;
    }
    expect(planned(alive)).toEqual({ a: taken });
    expect(planned(dead)).toEqual({ a: taken, b: 'start' });
    expect(alive.actionOn('a')?.gate).toMatchObject({ message: expect.stringMatching(message) as string });
  });
});

describe('the ways out', () => {
  const world = () => scene({ a: { former: 'z' }, b: { resumed: 1, live: {} } }).world();
  test('a plain restart is none', () => {
    expect(operatorPlan(world(), 'restart', ['a'], now).actions).toMatchObject([
      { action: 'start', gate: { kind: 'blocked', code: taken } },
    ]);
  });
  test.each(['restart --fresh', 'agent reset', 'agent assign'] as const)('%s begins anew', (command) => {
    expect(operatorPlan(world(), command, ['a'], now).actions).toMatchObject([
      { action: 'start', gate: { kind: 'ready' }, conversation: { next: { kind: 'fresh' } } },
    ]);
  });
  test('agent resume continues another one', () => {
    const seen = world();
    const chosen = chooseConversation(seen, 'a', 'z');
    if (!chosen.ok) throw new Error(chosen.message);
    expect(resumePlan(seen, 'a', chosen.conversation, now).actions).toMatchObject([
      { gate: { kind: 'ready' }, conversation: { next: { kind: 'same', conversation: { id: 'z' } } } },
    ]);
    expect(chooseConversation(seen, 'a', 'x')).toEqual({ ok: false, message: 'b is in it' });
  });
});

test('a fleet at rest is not asked who is in what, and one that starts once', () => {
  class Counting extends Map<string, ConversationSight> {
    asked = 0;
    override get(agent: string): ConversationSight | undefined {
      this.asked += 1;
      return super.get(agent);
    }
  }
  const names = Array.from({ length: 20 }, (_, i) => `a${i}`);
  const asked = (live: LiveOptions | undefined): number => {
    const of = (id: string): In => (live === undefined ? { id } : { id, live });
    const world = scene(Object.fromEntries(names.map((name) => [name, of(name)]))).world();
    const conversations = new Counting(world.observed.conversations);
    plan({ ...world, observed: { ...world.observed, conversations } }, noWords, now);
    return conversations.asked;
  };
  // Each for itself, which tells what its end would cost.
  expect(asked({})).toBe(names.length);
  expect(asked(undefined)).toBe(2 * names.length);
});
