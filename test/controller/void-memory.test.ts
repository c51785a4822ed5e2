import { describe, expect, test } from 'vitest';
import { noWords } from '../../src/controller/gate.js';
import type { Approval } from '../../src/controller/observed.js';
import { plan as planOf } from '../../src/controller/plan.js';
import { restrict } from '../../src/controller/restrict.js';
import { VoidTwice, voidIn } from '../../src/controller/void-memory.js';
import { rosterOf, Scene, type AgentDoc } from '../support/scene.js';
import { VirtualFleet } from '../support/virtual-fleet.js';

const minute = 60_000;

describe('an approval', () => {
  const scene = (): Scene =>
    new Scene(['a', 'b'])
      .live('a', { was: { working_directory: '/old' } })
      .live('b', { was: { working_directory: '/old' } });
  const { agent, action, applied, desired } = scene().actionOn('a')!;
  const approval: Approval = { kind: 'agent', agent, action, applied, desired };
  const found = (all: Scene, ...approvals: readonly Approval[]) =>
    voidIn(all.remember({ approvals }).plan(), all.world().observed.memory).approvals;

  test('is kept while what it names is planned, though that is not asked for', () => {
    expect(found(scene(), approval)).toEqual([]);
    const all = scene().remember({ approvals: [approval] });
    const part = restrict(all.plan(), (one) => one.agent === 'b');
    expect(voidIn(part, all.world().observed.memory).approvals).toEqual([]);
  });

  test.each<readonly [string, Approval]>([
    ['another action', { ...approval, action: 'reset' }],
    ['another configuration', { ...approval, desired: 'v1:x/v1:y' }],
    ['a process of before', { ...approval, applied: 'v1:x/v1:y' }],
    ['another revision', { kind: 'fleet', revision: '0' }],
    ['a server that is gone', { ...approval, agent: '_holder', applied: 'server 7', desired: '' }],
  ])('of %s is void', (_, other) => {
    expect(found(scene(), other, approval)).toEqual([other]);
  });

  test('of this revision is not', () => {
    expect(found(scene(), { kind: 'fleet', revision: scene().roster.revision })).toEqual([]);
  });

  test('is kept where it cannot be seen what is planned', () => {
    const blind = scene();
    blind.tmuxUnknown = 'no answer';
    expect(found(blind, approval)).toEqual([]);
    expect(found(new Scene(['a']).unit('a', 'activating'), approval)).toEqual([]);
    const unread = scene();
    const files = unread.files.get('a')!;
    unread.files.set('a', { ...files, siteEnvironment: { known: false, message: 'permission denied' } });
    expect(found(unread, approval)).toEqual([]);
  });

  test('is dropped at the second look that finds it void, not at the first', () => {
    const looks = new VoidTwice();
    const one = { approvals: [approval], brake: false };
    expect(looks.look(one)).toMatchObject({ approvals: [], again: true });
    expect(looks.look(one)).toMatchObject({ approvals: [approval], again: false });
    // It could not be dropped.
    expect(looks.look(one)).toMatchObject({ approvals: [approval], again: false });
    expect(looks.look({ approvals: [], brake: false })).toMatchObject({ approvals: [], again: false });
    expect(looks.look(one)).toMatchObject({ approvals: [], again: true });
  });
});

test('the same edit made a second time is not approved by what approved the first', async () => {
  const roster = (value: string) => rosterOf([{ name: 'a', disruption: 'ask', env: { X: value } }]);
  const fleet = new VirtualFleet(roster('1'));
  const { host, clock } = fleet;
  const edit = async (value: string): Promise<void> => {
    fleet.write(roster(value));
    await clock.advance(minute);
  };
  fleet.startController();
  await clock.advance(3 * minute);
  const before = host.pidOf('a');
  host.sessionOf('a')!.attached = 1;
  await edit('2');
  const [wanted] = planOf(host.observe(fleet.file.roster), noWords, host.now).actions;
  const { agent, action, applied, desired } = wanted!;
  host.approvals = [{ kind: 'agent', agent, action, applied, desired }];
  fleet.wake();
  await clock.advance(minute);
  // It waits until nobody is attached any more.
  expect(host.approvals).toHaveLength(1);
  await edit('1');
  host.sessionOf('a')!.attached = 0;
  await edit('2');
  expect(host.approvals).toEqual([]);
  expect(host.pidOf('a')).toBe(before);
});

test.each(['agent', 'fleet'] as const)(
  'an edit that is taken back within seconds finds its approval of the %s gone, after one look more',
  async (kind) => {
    const roster = (value: string) => rosterOf([{ name: 'a', disruption: 'ask', env: { X: value } }]);
    const fleet = new VirtualFleet(roster('0'));
    const { host, clock } = fleet;
    fleet.startController();
    await clock.advance(3 * minute);
    const before = host.pidOf('a');
    host.sessionOf('a')!.attached = 1;
    fleet.write(roster('1'));
    const [wanted] = planOf(host.observe(fleet.file.roster), noWords, host.now).actions;
    const { agent, action, applied, desired } = wanted!;
    host.approvals = [
      kind === 'agent'
        ? { kind, agent, action, applied, desired }
        : { kind, revision: fleet.file.roster.revision },
    ];
    fleet.wake();
    await clock.advance(5000);
    expect(host.approvals).toHaveLength(1);
    const looks = fleet.looks;
    fleet.write(roster('2'));
    await clock.advance(1000);
    expect(host.approvals).toEqual([]);
    expect(fleet.looks - looks).toBe(2);
    fleet.write(roster('1'));
    await clock.advance(1000);
    host.sessionOf('a')!.attached = 0;
    await clock.advance(minute);
    expect(host.pidOf('a')).toBe(before);
  },
);

test('one of the fleet is used up, also where what it approves takes longer than the next part is away', async () => {
  const docs = (directory: string): readonly AgentDoc[] =>
    ['a', 'b', 'c', 'd'].map((name) => ({ name, working_directory: directory }));
  const defaults = { start_spacing: '3s' };
  const fleet = new VirtualFleet(rosterOf(docs('/old'), { defaults }));
  const { host, clock } = fleet;
  fleet.startController();
  await clock.advance(3 * minute);
  const before = host.pidOf('d');
  fleet.write(rosterOf(docs('/new'), { defaults }));
  await clock.advance(2 * minute);
  expect(host.pidOf('d')).toBe(before);
  const restart = host.restartUnits.bind(host);
  host.restartUnits = async (names) => {
    await clock.sleep(5000);
    return restart(names);
  };
  host.approvals = [{ kind: 'fleet', revision: fleet.file.roster.revision }];
  fleet.wake();
  await clock.advance(5 * minute);
  expect(host.pidOf('d')).not.toBe(before);
  expect(host.approvals).toEqual([]);
});

describe('that a mass change is held', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const docs = (moved: number, directory: string): readonly AgentDoc[] =>
    names.map((name, i) => (i < moved ? { name, working_directory: directory } : { name }));

  test('is forgotten once nothing of it is left, and then one change is judged by itself', async () => {
    const fleet = new VirtualFleet(rosterOf(docs(0, '')));
    const { host, clock } = fleet;
    fleet.startController();
    await clock.advance(3 * minute);
    const site = (more: string): void => {
      for (const name of names.slice(0, 4))
        host.envFiles.set(name, `${host.envFiles.get(name) ?? ''}${more}`);
    };
    const files = new Map(host.envFiles);
    site('P=1\n');
    await Promise.all([host.stopUnits(['f']), clock.advance(minute)]);
    // What was started meanwhile had it remembered.
    expect(host.braked).toBe(fleet.file.roster.revision);
    for (const [name, text] of files) host.envFiles.set(name, text);
    fleet.wake();
    await clock.advance(minute);
    expect(host.braked).toBeNull();
    const before = host.pidOf('a');
    host.envFiles.set('a', `${host.envFiles.get('a') ?? ''}P=2\n`);
    fleet.wake();
    await clock.advance(minute);
    expect(host.pidOf('a')).not.toBe(before);
  });

  test('is not while anything of it is, or cannot be seen', () => {
    const scene = new Scene(names);
    for (const name of names) scene.live(name);
    const { revision } = scene.roster;
    const brakeOf = (all: Scene): boolean =>
      voidIn(all.plan(), all.remember({ braked: revision }).world().observed.memory).brake;
    expect(brakeOf(scene)).toBe(true);
    const held = new Scene(names).live('a', { was: { working_directory: '/old' } });
    expect(brakeOf(held)).toBe(false);
    scene.tmuxUnknown = 'no answer';
    expect(brakeOf(scene)).toBe(false);
  });
});
