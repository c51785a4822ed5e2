import { describe, expect, test } from 'vitest';
import type { ActionKind, Gate, Reason } from '../../src/controller/action.js';
import { mosaicHome, Scene, type RosterRest } from '../support/scene.js';

type Row = readonly [
  what: string,
  scene: () => Scene,
  expected: readonly [ActionKind, Reason['code'], Gate['kind']] | 'unchanged' | 'unknown' | 'nothing',
];
const suspended = { name: 'a', suspend: true };
const other = { agent: 'a', home: '/other' };

const rows: readonly Row[] = [
  ['absent, wanted', () => new Scene(['a']), ['start', 'NotRunning', 'ready']],
  ['absent, holder down, no server', () => { const scene = new Scene(['a']); scene.holder = null; scene.server = null; return scene; }, ['start', 'NotRunning', 'ready']],
  ['absent, suspended', () => new Scene([suspended]), 'unchanged'],
  ['unit failed, wanted', () => new Scene(['a']).unit('a', 'failed'), ['start', 'Failed', 'ready']],
  ['unit failed, suspended', () => new Scene([suspended]).unit('a', 'failed'), 'unchanged'],
  ['unit failed, not in the roster', () => new Scene(['b']).live('b').unit('a', 'failed'), 'nothing'],
  ['live, as wanted', () => new Scene(['a']).live('a'), 'unchanged'],
  ['live, suspended', () => new Scene([suspended]).live('a'), ['stop', 'Suspended', 'ready']],
  ['live, not in the roster', () => new Scene(['b']).live('b').live('a'), ['stop', 'NotInRoster', 'ready']],
  ['live, busy and attached, not in the roster', () => new Scene(['b']).live('b').live('a', { idleSeconds: 0, attached: 1 }), ['stop', 'NotInRoster', 'ready']],
  ['unit activating', () => new Scene(['a']).unit('a', 'activating'), 'unchanged'],
  ['unit activating, suspended', () => new Scene([suspended]).unit('a', 'activating'), ['stop', 'Suspended', 'ready']],
  ['unit deactivating, wanted', () => new Scene(['a']).unit('a', 'deactivating'), ['start', 'NotRunning', 'ready']],
  ['unit deactivating, suspended', () => new Scene([suspended]).unit('a', 'deactivating'), 'unchanged'],
  ['unit in maintenance', () => new Scene(['a']).unit('a', 'maintenance'), 'unknown'],
  ['unit reloading, live', () => new Scene(['a']).live('a', { unit: 'reloading' }), 'unchanged'],
  ['unit active, no session', () => new Scene(['a']).unit('a', 'active'), 'unknown'],
  ['unit active, own pane gone', () => new Scene(['a']).live('a', { marks: { pane: '%99' } }), 'unknown'],
  ['unit active, no mark of a pane', () => new Scene(['a']).live('a', { marks: { pane: null } }), 'unknown'],
  ['unit active, own pane dead', () => new Scene(['a']).live('a', { dead: true }), ['restart', 'ProcessExited', 'ready']],
  ['unit active, own pane dead, suspended', () => new Scene([suspended]).live('a', { dead: true }), ['stop', 'Suspended', 'ready']],
  ['unit gone, own pane alive', () => new Scene(['a']).live('a', { unit: null }), 'unchanged'],
  ['unit gone, own pane alive, not in the roster', () => new Scene(['b']).live('b').live('a', { unit: null }), ['stop', 'NotInRoster', 'ready']],
  ['unit failed, own pane dead', () => new Scene(['a']).live('a', { unit: 'failed', dead: true }), ['start', 'Failed', 'ready']],
  ['unit active, session without marks', () => new Scene(['a']).unit('a', 'active', 'exited').session('a'), ['adopt', 'Unmarked', 'ready']],
  ['unit active, session without marks, suspended', () => new Scene([suspended]).unit('a', 'active').session('a'), ['stop', 'Suspended', 'needs-approval']],
  ['unit active, session without marks, every pane dead', () => { const scene = new Scene(['a']).unit('a', 'active'); return scene.session('a', { panes: [scene.pane({ dead: true })] }); }, 'unknown'],
  ['unit active, session of another home', () => new Scene(['a']).live('a', { marks: other }), 'unknown'],
  ['no unit, session without marks', () => new Scene(['a']).session('a'), ['start', 'NotRunning', 'blocked']],
  ['no unit, session without marks, suspended', () => new Scene([suspended]).session('a'), 'unchanged'],
  ['no unit, session of another home', () => new Scene(['a']).live('a', { unit: null, marks: other }), ['start', 'NotRunning', 'blocked']],
  ['session renamed by a human', () => new Scene(['a']).live('a', { name: 'mine' }), 'unchanged'],
  ['two sessions with its marks', () => new Scene(['a']).live('a').live('a', { name: 'copy' }), 'unknown'],
]; // prettier-ignore

test.each(rows)('%s', (_, make, expected) => {
  const plan = make().plan();
  const action = plan.actions.find(({ agent }) => agent === 'a');
  const unknown = plan.unknownAgents.find(({ agent }) => agent === 'a');
  if (typeof expected === 'string') {
    expect(plan.actions).toEqual([]);
    expect(unknown === undefined).toBe(expected !== 'unknown');
    const others = make().roster.agents.length - 1;
    if (expected === 'unchanged') expect(plan.summary.unchanged).toBe(others + 1);
    if (expected === 'nothing') expect(plan.summary.unchanged).toBe(1);
    return;
  }
  expect([action?.action, action?.reasons[0]?.code, action?.gate.kind]).toEqual(expected);
  expect(unknown).toBeUndefined();
});

describe('where every agent is unknown', () => {
  const blinds: readonly (readonly [string, (scene: Scene) => void, string, string])[] = [
    ['systemd', (scene) => void (scene.unitsUnknown = 'no bus'), 'systemd', 'no bus'],
    ['tmux', (scene) => void (scene.tmuxUnknown = 'tmux did not answer within 5s'), 'tmux', 'tmux did not answer within 5s'],
    ['state', (scene) => void (scene.memory = { known: false, message: 'damaged' }), 'state', 'damaged'],
    ['no server, though the holder is active', (scene) => void (scene.server = null), 'tmux', 'no tmux server answers on socket mosaic-factory'],
    ['a server outside the holder', (scene) => void (scene.server = { pid: 7, inHolder: false }), 'tmux', '(pid 7) does not belong to mosaic-tmux-holder.service'],
    ['a server whose cgroup cannot be read, holder down', (scene) => { scene.server = { pid: 7, inHolder: null }; scene.holder = null; }, 'tmux', 'does not belong to'],
  ]; // prettier-ignore

  test.each(blinds)('%s: no action at all', (_, blind, source, message) => {
    const scene = new Scene(['a', { name: 'b', class: 'x' }, { name: 'c', suspend: true }])
      .live('b', { was: { class: 'y', working_directory: '/x' } })
      .live('c')
      .live('gone');
    expect(scene.plan().actions).toHaveLength(4);
    blind(scene);
    const plan = scene.plan({ now: true, confirm: true, approve: new Set(['a', 'b', 'c']) });
    expect(plan.actions).toEqual([]);
    expect(plan.unknownSources).toMatchObject([
      { source, message: expect.stringContaining(message) as string },
    ]);
    expect(plan.unknownAgents.map(({ agent }) => agent)).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    expect(plan.summary.unchanged).toBe(0);
  });

  test('a server whose cgroup cannot be read is ours while the holder is active', () => {
    const scene = new Scene(['a']).live('a');
    scene.server = { pid: 7, inHolder: null };
    expect(scene.plan().unknownSources).toEqual([]);
  });
});

describe('what is not ours', () => {
  test('sessions and units are noted and left alone', () => {
    const scene = new Scene(['a'])
      .live('a')
      .session('_holder')
      .session('notes')
      .live('x', { marks: { home: '/other' }, unit: null })
      .unit('theirs', 'active');
    const { actions, notes, summary } = scene.plan();
    expect(actions).toEqual([]);
    expect(notes.map(({ subject, code }) => [subject, code])).toEqual([
      ['theirs', 'ForeignUnit'],
      ['notes', 'ForeignSession'],
      ['x', 'ForeignSession'],
    ]);
    expect(summary).toMatchObject({ unchanged: 1, unknown: 0 });
  });

  test('a unit outside the roster is ours once an env file of this home names it', () => {
    const scene = new Scene(['a']).live('a').unit('x', 'activating');
    expect(scene.plan().actions).toEqual([]);
    scene.files.set('x', { siteEnvironment: { known: true, value: {} }, owned: true, applied: null });
    expect(scene.actionOn('x')).toMatchObject({ action: 'stop', reasons: [{ code: 'NotInRoster' }] });
  });

  test.each(['', '../x', 'a b', 'é'])('a mark with the agent name %j was not set by fleet', (agent) => {
    const scene = new Scene(['a'])
      .live('a')
      .session('odd', { marks: { ...scene0, agent, home: mosaicHome } });
    expect(scene.plan().actions).toEqual([]);
  });
  const scene0 = { pane: null, unit: null, spec: null, context: null, conversation: null };

  test("a renamed agent whose name a stranger took is not restarted into the stranger's way", () => {
    const scene = new Scene(['a']).live('a', { name: 'mine', was: { working_directory: '/x' } });
    expect(scene.actionOn('a')).toMatchObject({ action: 'restart', gate: { kind: 'ready' } });
    scene.session('a');
    expect(scene.actionOn('a')).toMatchObject({
      action: 'restart',
      gate: { kind: 'blocked', code: 'ForeignSession', message: 'session a was not created by fleet' },
    });
  });

  test.each([
    [{ agent: null, home: null }, 'was not created by fleet'],
    [{ agent: 'a', home: '/other' }, 'belongs to /other'],
    [{ agent: 'z', home: null }, 'belongs to agent z'],
  ])('whose session blocks a start is said: %j', (marks, message) => {
    const scene = new Scene(['a']).session('a', { marks: { ...scene0, ...marks } });
    expect(scene.actionOn('a')?.gate).toEqual({
      kind: 'blocked',
      code: 'ForeignSession',
      message: `session a ${message}`,
    });
  });

  test('of an agent whose unit runs that is unknown, and no matter of time', () => {
    const scene = new Scene(['a']).live('a', { marks: { home: '/other' } });
    expect(scene.assess().agents[0]?.situation).toEqual({
      ...{ kind: 'unknown', message: 'session a belongs to /other' },
      foreign: expect.any(String) as string,
    });
    expect(scene.plan().actions).toEqual([]);
  });
});

describe('panes', () => {
  test('a dot in a name is an underscore in its session', () => {
    expect(new Scene(['a.b']).session('a_b').actionOn('a.b')?.gate.kind).toBe('blocked');
  });

  test('the own pane counts, wherever a human has moved it, and no other', () => {
    const scene = new Scene(['a']);
    const moved = scene.pane({ pid: 77 });
    scene.live('a', { marks: { pane: moved.id }, attached: 0 }).session('elsewhere', { panes: [moved] });
    scene.files.clear();
    expect(scene.plan().actions).toEqual([]);
    expect(scene.assess().agents[0]?.situation).toMatchObject({ kind: 'live', pane: { pid: 77 } });
  });
});

describe('an env file that cannot be read', () => {
  const unreadable = (scene: Scene): Scene => {
    const files = scene.files.get('a') ?? { owned: false, applied: null };
    scene.files.set('a', {
      ...files,
      siteEnvironment: { known: false, message: 'a.env: permission denied' },
    });
    return scene;
  };

  test.each<readonly [string, Scene, object]>([
    ['blocks a start', new Scene(['a']), { action: 'start', gate: { kind: 'blocked', code: 'InvalidEnvironment' } }],
    ['blocks an adoption', new Scene(['a']).unit('a', 'active').session('a'), { action: 'adopt', gate: { kind: 'blocked', code: 'InvalidEnvironment' } }],
    ['hinders no stop', new Scene([suspended]).live('a'), { action: 'stop', gate: { kind: 'ready' } }],
  ])('%s', (_, scene, action) => {
    expect(unreadable(scene).actionOn('a')).toMatchObject(action);
  }); // prettier-ignore

  test('leaves a live agent unknown', () => {
    const plan = unreadable(new Scene(['a']).live('a')).plan();
    expect(plan.actions).toEqual([]);
    expect(plan.unknownAgents).toEqual([{ agent: 'a', message: 'a.env: permission denied' }]);
  });

  test('so does a site command that cannot be split', () => {
    const scene = new Scene(['a']).live('a');
    const files = scene.files.get('a')!;
    scene.files.set('a', {
      ...files,
      siteEnvironment: { known: true, value: { MOSAIC_AGENT_COMMAND: `"open` } },
    });
    expect(scene.plan().unknownAgents[0]?.message).toContain('MOSAIC_AGENT_COMMAND');
  });
});

test('every agent has one line at most, sorted by name, and the summary counts them all', () => {
  const rest: RosterRest = { defaults: { max_disruption: '100%' } };
  const plan = new Scene(['d', 'b', { name: 'c', suspend: true }, 'a'], rest)
    .live('b', { was: { working_directory: '/old' } })
    .live('c')
    .live('old')
    .unit('a', 'maintenance')
    .plan();
  expect(plan.actions.map(({ agent, action }) => `${agent} ${action}`)).toEqual([
    'b restart',
    'c stop',
    'd start',
    'old stop',
  ]);
  expect(plan.summary).toEqual({
    ...{ start: 1, stop: 2, restart: 1, reset: 0, update: 0, adopt: 0 },
    ...{ unchanged: 0, unknown: 1, gated: 0 },
  });
});
