import { describe, expect, test } from 'vitest';
import { operatorPlan } from '../../src/controller/operator-plan.js';
import { now, Scene } from '../support/scene.js';

const brief = (
  scene: Scene,
  command: 'stop' | 'restart',
  names: readonly string[] | null,
): readonly string[] =>
  operatorPlan(scene.world(), command, names, now).actions.map(
    ({ agent, action, gate }) => `${agent} ${action} ${gate.kind}`,
  );
const busyPersona = { name: 'a', persistent_persona: true };
const live = (): Scene =>
  new Scene([busyPersona, 'b', 'c'])
    .live('a', { idleSeconds: 0, attached: 1, said: true })
    .live('b')
    .live('old');

describe('the word lifts deferral, approval and brake', () => {
  test('stop of the whole fleet takes those that left the roster along', () => {
    expect(brief(live(), 'stop', null)).toEqual(['a stop ready', 'b stop ready', 'old stop ready']);
  });
  test('restart of the whole fleet restarts what runs and is in the roster', () => {
    expect(brief(live(), 'restart', null)).toEqual(['a restart ready', 'b restart ready']);
  });
  test('named agents only', () => {
    expect(brief(live(), 'stop', ['b'])).toEqual(['b stop ready']);
    expect(brief(live(), 'restart', ['a', 'c'])).toEqual(['a restart ready', 'c start ready']);
  });
  test('and says so, with what it costs', () => {
    const [action] = operatorPlan(live().world(), 'stop', ['a'], now).actions;
    expect(action?.reasons).toEqual([{ code: 'OperatorWord', command: 'stop' }]);
    expect(action?.cost.kind).toBe('loses-turn');
    expect(action?.live).toMatchObject({ busy: true, attached: true });
  });
  test('a restart names what else it brings: the agent comes up as the roster says now', () => {
    const scene = new Scene([{ name: 'a', working_directory: '/new' }]).live('a', {
      was: { working_directory: '/old' },
    });
    const [action] = operatorPlan(scene.world(), 'restart', ['a'], now).actions;
    expect(action?.reasons).toEqual([
      { code: 'OperatorWord', command: 'restart' },
      expect.objectContaining({ code: 'SpecChanged', field: 'working_directory', from: '/old', to: '/new' }),
    ]);
    const [stop] = operatorPlan(scene.world(), 'stop', ['a'], now).actions;
    expect(stop?.reasons).toEqual([{ code: 'OperatorWord', command: 'stop' }]);
  });
});

describe('what the word does not lift', () => {
  test.each(['stop', 'restart'] as const)('%s: unknown', (command) => {
    const scene = live();
    scene.tmuxUnknown = 'hangs';
    const plan = operatorPlan(scene.world(), command, null, now);
    expect(plan.actions).toEqual([]);
    expect(plan.unknownAgents.map(({ agent }) => agent)).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  });
  test('a foreign session is not stopped, and blocks a restart', () => {
    const scene = new Scene(['a']).session('a');
    expect(brief(scene, 'stop', null)).toEqual([]);
    expect(brief(scene, 'restart', ['a'])).toEqual(['a start blocked']);
  });
  test('a foreign unit is not stopped', () => {
    expect(brief(new Scene(['a']).unit('theirs', 'active'), 'stop', null)).toEqual([]);
  });
  test('an earlier hold stands before a restart, not before a stop', () => {
    const scene = live().remember({ fleetHold: { since: 0, until: null, reason: null, by: 'hold' } });
    expect(brief(scene, 'restart', ['b'])).toEqual(['b restart held']);
    expect(brief(scene, 'stop', ['b'])).toEqual(['b stop ready']);
  });
  test('what cannot be launched is not restarted', () => {
    const scene = live();
    scene.obstacles.set('b', 'no such directory');
    expect(brief(scene, 'restart', ['b'])).toEqual(['b restart blocked']);
    const files = scene.files.get('a')!;
    scene.files.set('a', { ...files, siteEnvironment: { known: false, message: 'unreadable' } });
    expect(brief(scene, 'restart', ['a'])).toEqual(['a restart blocked']);
    expect(brief(live().session('x'), 'stop', ['a'])).toEqual(['a stop ready']);
  });
  test('nor is one whose name a stranger took', () => {
    const scene = new Scene(['a']).live('a', { name: 'mine' }).session('a');
    expect(brief(scene, 'restart', ['a'])).toEqual(['a restart blocked']);
  });
  test('a suspended agent is not started', () => {
    expect(brief(new Scene([{ name: 'a', suspend: true }]), 'restart', ['a'])).toEqual([]);
    // Nor restarted: the next pass stops it.
    const live = new Scene([{ name: 'a', suspend: true }]).live('a');
    expect([brief(live, 'restart', null), brief(live, 'restart', ['a'])]).toEqual([[], []]);
    expect(brief(live, 'stop', ['a'])).toHaveLength(1);
  });
});

test.each(['activating', 'deactivating'] as const)(
  'a unit that is %s can be stopped and restarted',
  (state) => {
    const scene = new Scene(['a']).unit('a', state);
    expect(brief(scene, 'stop', null)).toEqual(['a stop ready']);
    expect(brief(scene, 'restart', null)).toEqual(['a restart ready']);
  },
);
