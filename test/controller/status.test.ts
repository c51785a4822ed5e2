import { describe, expect, test } from 'vitest';
import type { ActionKind, PlannedAction } from '../../src/controller/action.js';
import { limitsDropIn } from '../../src/controller/launch.js';
import { restrict } from '../../src/controller/restrict.js';
import { fleetStatus, type AgentStatus } from '../../src/controller/status.js';
import { verdictOf } from '../../src/controller/verdict.js';
import { now, Scene } from '../support/scene.js';

const statusOf = (scene: Scene, name = 'a'): AgentStatus =>
  fleetStatus(scene.world(), { now }).find((agent) => agent.name === name)!;
const suspended = { name: 'a', suspend: true };
const hold = { since: 0, until: null, reason: null, by: 'stop' } as const;

test.each<readonly [string, () => Scene, AgentStatus['phase'], 'True' | 'False' | 'Unknown']>([
  ['live', () => new Scene(['a']).live('a'), 'Running', 'True'],
  ['live and held', () => new Scene(['a']).live('a').remember({ fleetHold: hold }), 'Running', 'True'],
  ['unmarked', () => new Scene(['a']).unit('a', 'active').session('a'), 'Running', 'True'],
  ['starting', () => new Scene(['a']).unit('a', 'activating'), 'Starting', 'False'],
  ['its process has ended', () => new Scene(['a']).live('a', { dead: true }), 'Dead', 'False'],
  ['failed', () => new Scene(['a']).unit('a', 'failed'), 'Dead', 'False'],
  ['failed and held', () => new Scene(['a']).unit('a', 'failed').remember({ fleetHold: hold }), 'Held', 'False'],
  ['absent', () => new Scene(['a']), 'Stopped', 'False'],
  ['stopping', () => new Scene(['a']).unit('a', 'deactivating'), 'Stopped', 'False'],
  ['suspended', () => new Scene([suspended]), 'Suspended', 'False'],
  ['suspended and held', () => new Scene([suspended]).remember({ fleetHold: hold }), 'Held', 'False'],
  ['foreign session', () => new Scene(['a']).session('a'), 'Foreign', 'False'],
  ['unknown', () => { const scene = new Scene(['a']).live('a'); scene.tmuxUnknown = 'hangs'; return scene; }, 'Unknown', 'Unknown'],
  ['ours, not in the roster', () => new Scene(['b']).live('a'), 'Extra', 'True'],
])('%s', (_, make, phase, ready) => {
  const status = statusOf(make());
  expect(status.phase).toBe(phase);
  expect(status.conditions.find(({ type }) => type === 'Ready')?.status).toBe(ready);
}); // prettier-ignore

test('of one that has not ended yet it is said that it is still stopping: it has no phase of its own', () => {
  const status = statusOf(new Scene(['a']).unit('a', 'deactivating').remember({ fleetHold: hold }));
  expect(status.conditions[0]).toMatchObject({ type: 'Ready', reason: 'Stopped', message: 'is still stopping' }); // prettier-ignore
  expect(statusOf(new Scene(['a'])).conditions[0]?.message).toBe('');
});

test('a live agent is told with activity, times and what is outdated', () => {
  const scene = new Scene([{ name: 'a', class: 'new' }]).live('a', {
    was: { class: 'old' },
    idleSeconds: 4,
    attached: 1,
  });
  expect(statusOf(scene)).toMatchObject({
    ...{
      runtime: 'codex',
      class: 'new',
      desired: 'running',
      activity: 'busy',
      attached: true,
      session: 'a',
      starts: 1,
    },
    ...{ startedAt: now - 3_600_000, lastOutputAt: now - 4000, outdated: ['class'], pid: 1001 },
    conditions: [
      { type: 'Ready', reason: 'ProcessRuns', lastTransitionTime: now - 3_600_000 },
      { type: 'Progressing', status: 'True', reason: 'UpdateDue' },
      { type: 'Degraded', status: 'False', reason: 'AsExpected' },
      { type: 'UpToDate', status: 'False', reason: 'Outdated', message: 'changed since its start: class' },
    ],
  });
});

describe('an agent whose screen is empty', () => {
  const readyOf = (runtime: string, idleSeconds: number, blank: boolean) => {
    const runtimes = { own: { command: ['x'], ready_pattern: 'go on' }, other: { command: ['x'] } };
    const scene = new Scene([{ name: 'a', runtime }], { runtimes }).live('a', { idleSeconds });
    scene.sessions[0] = {
      ...scene.sessions[0]!,
      panes: scene.sessions[0]!.panes.map((pane) => ({ ...pane, blank })),
    };
    const { phase, conditions } = statusOf(scene);
    expect(phase).toBe('Running');
    return conditions.find(({ type }) => type === 'Ready');
  };
  const empty = {
    ...{ status: 'False', reason: 'ScreenEmpty' },
    message: 'its screen is empty, and nothing comes; see: fleet agent attach a, fleet restart a',
  };
  const runs = { status: 'True', reason: 'ProcessRuns', message: '' };
  test.each<readonly [string, Parameters<typeof readyOf>, object]>([
    ['for a minute is not ready', ['opencode', 60, true], empty],
    ['for less may be coming up', ['opencode', 59, true], runs],
    ['may be of a program that has no ready screen', ['other', 600, true], runs],
    ['is not ready by the operator’s own pattern either', ['own', 600, true], empty],
    ['no longer is', ['opencode', 600, false], runs],
  ])('%s', (_, words, expected) => {
    expect(readyOf(...words)).toMatchObject(expected);
  }); // prettier-ignore
});

test('a stopped one with its end, and nobody who is neither ours nor in the roster', () => {
  const scene = new Scene(['a']);
  const end = { ...{ invocation: 'i', reason: 'exited', status: 3, signal: null, ranMs: 1 }, spec: null };
  scene.ends.set('a', { ...end, at: 5, moment: { boot: 'boot', ms: 0 } });
  expect(statusOf(scene)).toMatchObject({
    activity: null,
    pid: null,
    end,
    conditions: [
      { type: 'Ready', lastTransitionTime: 5000 },
      { type: 'Progressing', status: 'True', reason: 'StartDue' },
      { type: 'Degraded', status: 'False' },
    ],
  });
  const names = fleetStatus(new Scene(['a']).session('notes').unit('b', 'failed').world(), { now }).map(
    ({ name }) => name,
  );
  expect(names).toEqual(['a']);
});

describe('the verdict on an action', () => {
  const planned = (action: ActionKind, scene: Scene): PlannedAction => ({ ...scene.actionOn('a')!, action });
  const situation = (scene: Scene) => scene.assess().agents.find(({ agent }) => agent === 'a')!.situation;
  const moved = new Scene([{ name: 'a', working_directory: '/n' }]).live('a', {
    was: { working_directory: '/o' },
  });
  const fresh = new Scene([{ name: 'a', working_directory: '/n' }]).session('x').live('a');
  test.each<readonly [ActionKind, Scene, Scene, string | null]>([
    ['restart', moved, fresh, null],
    ['restart', moved, moved, 'was not restarted'],
    ['start', new Scene(['a']), new Scene(['a']).live('a'), null],
    ['start', new Scene(['a']), new Scene(['a']).unit('a', 'failed'), 'did not come up'],
    ['start', new Scene(['a']), new Scene(['a']).unit('a', 'activating'), 'is still starting'],
    ['start', new Scene(['a']), new Scene(['a']).unit('a', 'deactivating'), 'is still stopping'],
    ['start', new Scene(['a']), new Scene(['a']).live('a', { dead: true }), 'ended right after its start'],
    ['start', new Scene(['a']), new Scene(['a']).session('a'), 'session a was not created by fleet'],
    ['start', new Scene(['a']), new Scene(['a']).unit('a', 'active'), 'cannot tell how it is'],
    ['start', new Scene(['a']), new Scene(['a']).live('a', { marks: { spec: 'v1:other' } }), 'runs, but not as the roster says'],
    ['adopt', new Scene(['a']).unit('a', 'active').session('a'), new Scene(['a']).unit('a', 'active').session('a'), 'carries no marks'],
    ['stop', moved, new Scene(['a']), null],
    ['stop', moved, new Scene(['a']).session('a'), null],
    ['stop', moved, moved, 'still runs'],
    ['stop', moved, new Scene(['a']).unit('a', 'deactivating'), 'is still stopping'],
    ['stop', moved, new Scene(['a']).unit('a', 'active'), 'cannot tell whether it stopped'],
    ['update', moved, moved, null],
  ])('%s', (action, before, after, verdict) => {
    const found = verdictOf(planned(action, before), situation(after));
    if (verdict === null) expect(found).toBeNull();
    else expect(found).toContain(verdict);
  }); // prettier-ignore
});

test('limits are a drop-in, none is none', () => {
  const spec = (resources: object) => new Scene([{ name: 'a', resources }]).roster.agents[0]!;
  expect(limitsDropIn(spec({}))).toBeNull();
  expect(limitsDropIn(spec({ memory_max: '4G', cpu_quota: '200%', tasks_max: 512 }))).toMatch(
    /\[Service\]\nMemoryMax=4G\nCPUQuota=200%\nTasksMax=512\n$/,
  );
});

test('a restricted plan counts what it still has', () => {
  const plan = new Scene(['a', 'b', 'c']).live('c').plan();
  expect(restrict(plan, ({ agent }) => agent === 'a').summary).toMatchObject({ start: 1, unchanged: 1 });
});
