import { describe, expect, test } from 'vitest';
import type { Approval, Memory } from '../../src/controller/observed.js';
import { now, Scene, type AgentDoc } from '../support/scene.js';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** `live` agents, of which the first `moved` are to be restarted. */
function fleet(live: number, moved: number, max?: unknown, docs: readonly AgentDoc[] = []): Scene {
  const agents = names.slice(0, live).map((name) => docs.find((doc) => doc.name === name) ?? { name });
  const scene = new Scene(agents, { defaults: { max_disruption: max } });
  for (const [index, { name }] of agents.entries())
    scene.live(name, index < moved ? { was: { working_directory: '/old' } } : {});
  return scene;
}
const braked = (scene: Scene, words = {}, at = now): number =>
  scene.plan(words, at).actions.filter(({ gate }) => gate.kind === 'braked').length;
const recently = (...agents: readonly string[]): Partial<Memory> => ({
  recent: agents.map((agent) => ({ agent, at: now - 59_999 })),
});

test.each<readonly [number, number, unknown, boolean]>([
  [8, 4, undefined, false],
  [8, 5, undefined, true],
  [7, 4, undefined, true],
  [2, 2, '0%', false],
  [3, 3, '0%', true],
  [3, 3, '100%', false],
  [8, 3, 2, true],
  [8, 3, 3, false],
  [8, 2, 0, false],
  [8, 3, '38%', false],
  [8, 3, '37%', true],
])('of %i live agents %i would restart, limit %s: braked %s', (live, moved, max, expected) => {
  expect(braked(fleet(live, moved, max))).toBe(expected ? moved : 0);
});

test('the gate says how many of how many, and which limit', () => {
  const { actions, summary } = fleet(4, 3).plan();
  expect(actions[0]?.gate).toEqual({ kind: 'braked', count: 3, live: 4, limit: '50%' });
  expect(summary.gated).toBe(3);
  expect(fleet(4, 3, 1).plan().actions[0]?.gate).toMatchObject({ limit: '1' });
});

test('stops count, starts and updates go on', () => {
  const scene = new Scene(['a', { name: 'b', class: 'n' }]).live('b', { was: { class: 'o' } });
  for (const name of ['x', 'y', 'z']) scene.live(name);
  expect(scene.plan().actions.map(({ agent, gate }) => `${agent} ${gate.kind}`)).toEqual([
    'a ready',
    'b ready',
    'x braked',
    'y braked',
    'z braked',
  ]);
});

describe('what counts', () => {
  test('a deferred one does: it will be done', () => {
    const scene = fleet(4, 2).live('x', { idleSeconds: 0 });
    expect(braked(scene)).toBe(3);
    const busy = new Scene(['a', 'b', 'c', 'd']);
    for (const name of ['a', 'b', 'c'])
      busy.live(name, { was: { working_directory: '/old' }, idleSeconds: 0 });
    expect(braked(busy.live('d'))).toBe(3);
  });

  test.each<readonly [string, AgentDoc, Partial<Memory>]>([
    ['unapproved', { name: 'a', disruption: 'ask' }, {}],
    ['held', { name: 'a' }, { holds: new Map([['a', { since: 0, until: null, reason: null, by: 'hold' }]]) }],
  ])('an %s one does not', (_, doc, memory) => {
    expect(braked(fleet(4, 3, undefined, [doc]).remember(memory))).toBe(0);
  });

  test('one that was approved by name does, and is held like the others, on the command line or on record', () => {
    expect(braked(fleet(4, 3), { approve: new Set(['a']) })).toBe(3);
    expect(braked(fleet(4, 3), { approve: new Set(['a', 'b', 'c']) })).toBe(3);
    const { agent, action, applied, desired } = fleet(4, 3).actionOn('a')!;
    const approval: Approval = { kind: 'agent', agent, action, applied, desired };
    expect(braked(fleet(4, 3).remember({ approvals: [approval] }))).toBe(3);
  });

  test('a dead pane is no live agent', () => {
    const scene = new Scene(['a', 'b', 'c']);
    for (const name of ['a', 'b', 'c']) scene.live(name, { dead: true });
    expect(scene.plan().actions.map(({ gate }) => gate.kind)).toEqual(['ready', 'ready', 'ready']);
  });
});

describe('the last minute', () => {
  test('counts, so that instalments are one mass change', () => {
    expect(braked(fleet(4, 1))).toBe(0);
    expect(braked(fleet(4, 1).remember(recently('b', 'c')))).toBe(1);
  });

  test('names an agent once, though it was disrupted twice', () => {
    expect(braked(fleet(4, 1).remember(recently('b', 'b')))).toBe(0);
    expect(braked(fleet(4, 1).remember(recently('a', 'b')))).toBe(0);
  });

  test('is a minute, and has no future', () => {
    const memory = (at: number) => ({ recent: ['b', 'c'].map((agent) => ({ agent, at })) });
    expect(braked(fleet(4, 1).remember(memory(now - 60_000)))).toBe(0);
    expect(braked(fleet(4, 1).remember(memory(now + 1)))).toBe(0);
    expect(braked(fleet(4, 1).remember(memory(now)))).toBe(1);
  });

  test('counts what was stopped among the live, too', () => {
    // Three of four were removed a moment ago; of the one that is left, and of them, one more is too many.
    const scene = new Scene(['a', 'z']).live('a', { was: { working_directory: '/old' } });
    expect(scene.remember(recently('x', 'y')).actionOn('a')?.gate).toMatchObject({ count: 3, live: 3 });
  });
});

describe('is lifted', () => {
  test('by --confirm, and not by --now', () => {
    expect(braked(fleet(4, 4), { confirm: true })).toBe(0);
    expect(braked(fleet(4, 4), { now: true })).toBe(4);
  });

  test('by an approval of this revision of the roster, and of no other', () => {
    const scene = fleet(4, 4);
    const approved = (revision: string): Partial<Memory> => ({ approvals: [{ kind: 'fleet', revision }] });
    expect(braked(scene.remember(approved('0'.repeat(40))))).toBe(4);
    expect(braked(scene.remember(approved(scene.roster.revision)))).toBe(0);
  });

  test('for nothing that another gate stands before', () => {
    const scene = fleet(4, 4, undefined, [{ name: 'a', disruption: 'ask' }]);
    expect(scene.plan({ confirm: true }).actions.map(({ gate }) => gate.kind)).toEqual([
      'needs-approval',
      'ready',
      'ready',
      'ready',
    ]);
  });
});
