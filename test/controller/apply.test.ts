import { describe, expect, test } from 'vitest';
import { apply, type ActionResult, type ApplyEvent, type ApplyPort } from '../../src/controller/apply.js';
import { noWords, type Words } from '../../src/controller/gate.js';
import { operatorPlan } from '../../src/controller/operator-plan.js';
import { plan } from '../../src/controller/plan.js';
import { fail, ok } from '../../src/roster/result.js';
import { FakeHost, launching } from '../support/fake-host.js';
import { recorded } from '../support/recorded.js';
import { rosterOf, type AgentDoc, type RosterRest } from '../support/scene.js';

const docs = (...names: readonly string[]): readonly AgentDoc[] => names.map((name) => ({ name }));

class Fleet {
  readonly host = new FakeHost();
  log: readonly string[] = [];
  events: ApplyEvent[] = [];
  pauses: number[] = [];
  roster = rosterOf(docs('a'));

  edit(agents: readonly AgentDoc[], rest: RosterRest = {}): this {
    this.roster = rosterOf(agents, rest);
    this.host.now += 120_000;
    return this;
  }

  async apply(words: Partial<Words> = {}, port: Partial<ApplyPort> = {}): Promise<readonly ActionResult[]> {
    const world = this.host.observe(this.roster);
    const all = { ...noWords, ...words };
    return this.walk(plan(world, all, this.host.now), port);
  }

  async walk(
    wanted: ReturnType<typeof plan>,
    port: Partial<ApplyPort> = {},
  ): Promise<readonly ActionResult[]> {
    const { host, roster } = this;
    const actuators = recorded(host);
    this.events = [];
    this.pauses = [];
    const results = await apply(
      wanted,
      host.observe(roster),
      {
        actuators: actuators.port,
        ...launching(roster.socketName),
        observe: () => Promise.resolve(host.observe(roster)),
        planAgain: () => Promise.resolve(ok(wanted)),
        report: (event) => this.events.push(event),
        pause: (ms) => Promise.resolve(void this.pauses.push(ms)),
        interrupted: () => false,
        ...port,
      },
      host.now,
    );
    this.log = actuators.log;
    return results;
  }
}

const kinds = (results: readonly ActionResult[]): readonly string[] =>
  results.map(({ kind, action }) => `${action.agent} ${action.action} ${kind}`);

test('who cannot be left its first message is not begun, and the others are', async () => {
  const fleet = new Fleet().edit(docs('b', 'c'), { defaults: { max_disruption: '100%' } });
  const leaveFirstMessage = ({ agent }: { readonly agent: string }): string | null =>
    agent === 'b' ? 'its first message could not be left: no space' : null;
  const results = await fleet.apply({}, { leaveFirstMessage });
  expect(kinds(results)).toEqual(['b start failed', 'c start done']);
  expect(results[0]).toMatchObject({ message: expect.stringContaining('no space') as unknown });
  expect(fleet.events.filter(({ type }) => type === 'start')).toHaveLength(1);
  // The next pass begins it.
  expect(kinds(await fleet.apply())).toEqual(['b start done']);
});

test('files before units, stops before starts, the holder before agents, one call per verb', async () => {
  const fleet = new Fleet().edit(docs('b', 'c', 'd', 'e'), { defaults: { max_disruption: '100%' } });
  expect(kinds(await fleet.apply())).toEqual(['b', 'c', 'd', 'e'].map((name) => `${name} start done`));
  expect(fleet.log.filter((name) => /Holder|Units/.test(name))).toEqual([
    'hastenHolder',
    'startHolderAndUnits',
  ]);
  fleet.edit(
    [
      { name: 'a' },
      { name: 'b', class: 'x' },
      { name: 'c', working_directory: '/n', resources: { tasks_max: 9 } },
      { name: 'd', suspend: true },
    ],
    { defaults: { max_disruption: '100%' } },
  );
  const results = await fleet.apply();
  expect(kinds(results)).toEqual([
    'a start done',
    'b update done',
    'c restart done',
    'd stop done',
    'e stop done',
  ]);
  const order = [
    'writeMaterial',
    'writeLimits',
    'reloadUnits',
    'recordDisruptions',
    'stopUnits',
    'restartUnits',
    'startUnits',
    'writeApplied',
  ];
  expect([...new Set(fleet.log)].filter((name) => order.includes(name))).toEqual(order);
  for (const verb of ['reloadUnits', 'stopUnits', 'restartUnits', 'startUnits'])
    expect(fleet.log.filter((name) => name === verb)).toHaveLength(1);
});

test('a second apply does nothing at all', async () => {
  const fleet = new Fleet();
  await fleet.apply();
  expect(await fleet.apply()).toEqual([]);
  expect(fleet.log).toEqual([]);
});

test('a launch record carries marks, directory and argv; the site cannot change who an agent is', async () => {
  const fleet = new Fleet().edit([
    { name: 'a.b', working_directory: '~/app', command: ['run;', 'two words'] },
  ]);
  fleet.host.envFiles.set('a.b', 'MOSAIC_AGENT_NAME=other\nSITE=1\n');
  await fleet.apply();
  const fields = fleet.host.launchRecords.get('a.b')!.split('\0');
  expect(fields.slice(0, 4)).toEqual(['fleet-launch-4', 'a.b', 'a_b', '/home/op/app']);
  expect(fields.slice(-10)).toEqual(['2', 'run;', 'two words', '0', '', '0', '0', '', '', '']);
  expect(fields).toEqual(expect.arrayContaining(['MOSAIC_AGENT_NAME=a.b', 'SITE=1']));
  expect(fields).not.toContain('MOSAIC_AGENT_NAME=other');
});

describe('approvals and the brake', () => {
  const ask = { name: 'a', disruption: 'ask' };
  const moved = [{ ...ask, working_directory: '/n' }, { name: 'b' }];

  test('an approval is used up by the apply that it allowed, and the disruption is remembered', async () => {
    const fleet = new Fleet().edit([ask, { name: 'b' }]);
    await fleet.apply();
    fleet.edit(moved);
    const waiting = plan(fleet.host.observe(fleet.roster), noWords, fleet.host.now).actions[0]!;
    const other = { kind: 'agent', agent: 'b', action: 'restart', applied: 'x', desired: 'y' } as const;
    const { agent, action, applied, desired } = waiting;
    fleet.host.approvals = [{ kind: 'agent', agent, action, applied, desired }, other];
    expect(kinds(await fleet.apply())).toEqual(['a restart done']);
    expect(fleet.host.approvals).toEqual([other]);
    expect(fleet.host.recent).toMatchObject([{ agent: 'a', at: fleet.host.now }]);
  });

  test("the fleet's approval is used up, an older revision's stays", async () => {
    const fleet = new Fleet().edit(docs('a', 'b', 'c'));
    await fleet.apply();
    fleet.edit(docs('a', 'b', 'c').map((doc) => ({ ...doc, working_directory: '/n' })));
    expect(kinds(await fleet.apply())).toEqual(['a', 'b', 'c'].map((name) => `${name} restart gated`));
    const old = { kind: 'fleet', revision: '0' } as const;
    fleet.host.approvals = [{ kind: 'fleet', revision: fleet.roster.revision }, old];
    expect(kinds(await fleet.apply())).toEqual(['a', 'b', 'c'].map((name) => `${name} restart done`));
    expect(fleet.host.approvals).toEqual([old]);
  });

  test('a mass change that is held stays so, although starts make the fleet larger', async () => {
    const fleet = new Fleet().edit(docs('a', 'b', 'c', 'd'));
    await fleet.apply();
    fleet.edit(docs('e', 'f', 'g', 'h', 'i'));
    for (const again of [false, true]) {
      const results = kinds(await fleet.apply());
      expect(results.filter((result) => result.endsWith('stop gated'))).toHaveLength(4);
      expect(results.length).toBe(again ? 4 : 9);
    }
    expect(fleet.host.braked).toBe(fleet.roster.revision);
  });

  test('one of all agents is void with another roster; the fleet’s own, too', async () => {
    const fleet = new Fleet().edit([ask, { name: 'b' }]);
    await fleet.apply();
    fleet.edit(moved);
    const [waiting] = plan(fleet.host.observe(fleet.roster), noWords, fleet.host.now).actions;
    const { agent, action, applied, desired } = waiting!;
    const { revision } = fleet.roster;
    const approval = { kind: 'agent', agent, action, applied, desired, revision } as const;
    fleet.host.approvals = [approval];
    fleet.edit([...moved, { name: 'c' }]);
    expect(kinds(await fleet.apply())).toEqual(['a restart gated', 'c start done']);
    fleet.host.approvals = [{ ...approval, revision: fleet.roster.revision }];
    expect(kinds(await fleet.apply())).toEqual(['a restart done']);
    expect(fleet.host.approvals).toEqual([]);
  });

  test('where there is nothing to plan by any more, what has not begun is not attempted, and says why', async () => {
    const defaults = { start_spacing: '1s' };
    const fleet = new Fleet().edit(docs('a', 'b', 'c'), { defaults });
    const results = await fleet.apply(noWords, {
      planAgain: () => Promise.resolve(fail('the roster is broken')),
    });
    expect(kinds(results)).toEqual(['a start done', 'b start failed', 'c start failed']);
    expect(results[1]).toMatchObject({ message: 'not attempted: the roster is broken' });
    expect(fleet.host.pidOf('b')).toBeNull();
  });

  test('who is approved by name confirms nothing, also while nothing else can be done', async () => {
    const fleet = new Fleet().edit(docs('a', 'b', 'c', 'd'));
    await fleet.apply();
    const moved = docs('a', 'b', 'c', 'd').map((doc) => ({ ...doc, working_directory: '/n' }));
    fleet.edit([...moved, ...docs('e')]);
    await fleet.apply();
    const { revision } = fleet.roster;
    expect(fleet.host.braked).toBe(revision);
    const hold = { since: fleet.host.now, until: null, reason: null, by: 'hold' } as const;
    for (const agent of ['b', 'c', 'd']) fleet.host.holds.set(agent, hold);
    const results = kinds(await fleet.apply({ approve: new Set(['a']) }));
    expect(results).toEqual(['a', 'b', 'c', 'd'].map((name) => `${name} restart gated`));
    expect(fleet.host.braked).toBe(revision);
  });

  test('a small change that is held for what was done just before goes on when the minute is over', async () => {
    const fleet = new Fleet().edit(docs('a', 'b', 'c'));
    await fleet.apply();
    fleet.edit(docs('a', 'b', 'd'));
    fleet.host.recent = ['a', 'b'].map((agent) => ({ agent, at: fleet.host.now }));
    expect(kinds(await fleet.apply())).toEqual(['c stop gated', 'd start done']);
    fleet.host.now += 61_000;
    expect(kinds(await fleet.apply())).toEqual(['c stop done']);
  });

  test("the operator's own word is not counted", async () => {
    const fleet = new Fleet();
    await fleet.apply();
    const world = fleet.host.observe(fleet.roster);
    expect(kinds(await fleet.walk(operatorPlan(world, 'restart', ['a'], fleet.host.now)))).toEqual([
      'a restart done',
    ]);
    expect(fleet.log).not.toContain('recordDisruptions');
  });

  test('where the disruption cannot be remembered, it is not done', async () => {
    const fleet = new Fleet();
    await fleet.apply();
    const pid = fleet.host.pidOf('a');
    fleet.edit([{ name: 'a', working_directory: '/n' }]);
    fleet.host.recordDisruptions = () => Promise.resolve('no space left on the disk');
    const [result] = await fleet.apply();
    expect(result).toMatchObject({ kind: 'failed', message: 'not attempted: no space left on the disk' });
    expect(fleet.host.pidOf('a')).toBe(pid);
  });
});

describe('failures', () => {
  test('are told agent by agent, from what is seen afterwards', async () => {
    const fleet = new Fleet().edit(docs('a', 'b', 'c'));
    fleet.host.crippled.add('b');
    fleet.host.lastWords = () => ['exited with status 3'];
    const results = await fleet.apply();
    expect(kinds(results)).toEqual(['a start done', 'b start failed', 'c start done']);
    expect(results[1]).toMatchObject({
      message: 'did not come up: Job failed',
      lastWords: ['exited with status 3'],
    });
    expect(fleet.host.applied.has('b')).toBe(false);
  });

  test('an agent whose files cannot be written is not started, the others are', async () => {
    const fleet = new Fleet().edit(docs('a', 'b'));
    const write = fleet.host.writeMaterial.bind(fleet.host);
    fleet.host.writeMaterial = (material) => (material.agent === 'a' ? 'permission denied' : write(material));
    const results = await fleet.apply();
    expect(results[0]).toMatchObject({ kind: 'failed', message: 'not attempted: permission denied' });
    expect(results[1]?.kind).toBe('done');
    expect(fleet.host.pidOf('a')).toBeNull();
  });

  describe('a restart that does not come leaves on record in which conversation the agent is, and how it is started', () => {
    const begin = async (): Promise<Fleet> => {
      const fleet = new Fleet().edit([{ name: 'a', runtime: 'claude' }]);
      await fleet.apply();
      fleet.host.spoken.add(fleet.host.conversations.get('a')?.current?.id ?? '');
      return fleet;
    };
    const onRecord = ({ host }: Fleet): unknown => [host.conversations.get('a'), host.launchRecords.get('a')];
    const restart = (fleet: Fleet, what: 'restart' | 'restart --fresh', port: Partial<ApplyPort> = {}) =>
      fleet.walk(operatorPlan(fleet.host.observe(fleet.roster), what, ['a'], fleet.host.now), port);

    test.each(['restart', 'restart --fresh'] as const)('%s: systemd refuses it', async (what) => {
      const fleet = await begin();
      const before = onRecord(fleet);
      fleet.host.masked.add('a');
      expect((await restart(fleet, what))[0]).toMatchObject({
        kind: 'failed',
        message: 'was not restarted: Unit is masked',
      });
      expect(onRecord(fleet)).toEqual(before);
    });

    test('it is not begun', async () => {
      const fleet = await begin();
      const before = onRecord(fleet);
      expect(kinds(await restart(fleet, 'restart --fresh', { interrupted: () => true }))).toEqual([
        'a restart interrupted',
      ]);
      expect(onRecord(fleet)).toEqual(before);
    });

    test('it came, and its process died at once: that is the conversation it is in', async () => {
      const fleet = await begin();
      const before = fleet.host.conversations.get('a')?.current?.id;
      fleet.host.crippled.add('a');
      expect(kinds(await restart(fleet, 'restart --fresh'))).toEqual(['a restart failed']);
      expect(fleet.host.conversations.get('a')).toMatchObject({ former: [{ id: before, ended: 'fresh' }] });
    });
  });

  test('without the holder nothing is started', async () => {
    const fleet = new Fleet();
    fleet.host.startHolder = () => Promise.resolve('the holder did not start');
    expect((await fleet.apply())[0]).toMatchObject({
      kind: 'failed',
      message: 'not attempted: the holder did not start',
    });
    expect(fleet.host.pidOf('a')).toBeNull();
  });

  test('a failed exit code with a world that is right is a success', async () => {
    const fleet = new Fleet();
    const start = fleet.host.startUnits.bind(fleet.host);
    fleet.host.startUnits = async (agents) => (await start(agents), 'systemctl did not answer within 120s');
    expect(kinds(await fleet.apply())).toEqual(['a start done']);
  });

  test('a limits file that was written and not put in force is put in force by the next pass', async () => {
    const fleet = new Fleet();
    await fleet.apply();
    fleet.edit([{ name: 'a', resources: { memory_max: '2G' } }]);
    const reload = fleet.host.reloadUnits.bind(fleet.host);
    fleet.host.reloadUnits = () => Promise.resolve('no bus');
    expect(kinds(await fleet.apply())).toEqual(['a update failed']);
    fleet.host.reloadUnits = reload;
    expect(kinds(await fleet.apply())).toEqual(['a update done']);
    expect(fleet.host.limitsInForce.get('a')).toContain('MemoryMax=2G');
  });
});

describe('an adopted agent, whose session no unit of ours ends', () => {
  const adopted = async (): Promise<Fleet> => {
    const fleet = new Fleet().edit(docs('a', 'b'));
    await fleet.apply();
    const session = fleet.host.sessionOf('a')!;
    fleet.host.endSession(session);
    fleet.host.units.set('a', {
      active: 'active',
      sub: 'exited',
      session: fleet.host.server!.create('a', {}),
    });
    return fleet;
  };

  test('is marked and goes on', async () => {
    const fleet = await adopted();
    const pid = fleet.host.server!.sessions.at(-1)!.panes[0]!.pid;
    expect(kinds(await fleet.apply())).toEqual(['a adopt done']);
    expect(fleet.host.pidOf('a')).toBe(pid);
    expect(await fleet.apply()).toEqual([]);
  });

  test.each([{ working_directory: '/n' }, { suspend: true }])('is ended for good by %j', async (change) => {
    const fleet = await adopted();
    await fleet.apply();
    const pid = fleet.host.pidOf('a');
    fleet.edit([{ name: 'a', ...change }, { name: 'b' }]);
    const sibling = fleet.host.pidOf('b');
    const results = await fleet.apply();
    expect(results.map(({ kind }) => kind)).toEqual(['done']);
    expect(fleet.host.server!.sessions.flatMap(({ panes }) => panes.map((pane) => pane.pid))).not.toContain(
      pid,
    );
    expect(fleet.host.pidOf('b')).toBe(sibling);
    expect(fleet.host.pidOf('a') === null).toBe('suspend' in change);
  });

  test('is ended though it was never marked, with approval', async () => {
    const fleet = (await adopted()).edit([{ name: 'a', suspend: true }, { name: 'b' }]);
    // Nobody knows in which conversation it is.
    expect(kinds(await fleet.apply())).toEqual(['a stop gated']);
    expect(kinds(await fleet.apply({ approve: new Set(['a']) }))).toEqual(['a stop done']);
    expect(fleet.host.server!.sessions.map(({ name }) => name)).toEqual(['_holder', 'b']);
  });
});

describe('pace and interruption', () => {
  test('starts are spaced, each on its own', async () => {
    const fleet = new Fleet().edit(docs('a', 'b', 'c'), { defaults: { start_spacing: '2s' } });
    await fleet.apply();
    expect(fleet.pauses).toEqual([2000, 2000]);
    expect(fleet.log.filter((name) => name === 'startUnits')).toHaveLength(3);
  });

  test('what was not begun is told, and nothing else is begun', async () => {
    const fleet = new Fleet().edit(docs('a', 'b', 'c'), { defaults: { start_spacing: '2s' } });
    const asked = { stop: false };
    const results = await fleet.apply(
      {},
      {
        pause: () => Promise.resolve(void (asked.stop = true)),
        interrupted: () => asked.stop,
      },
    );
    expect(kinds(results)).toEqual(['a start done', 'b start interrupted', 'c start interrupted']);
    expect(kinds(await fleet.apply())).toEqual(['b start done', 'c start done']);
  });

  describe('a launch that waited its turn', () => {
    const spaced = { defaults: { start_spacing: '2s' } };
    const [a, b] = docs('a', 'b') as [AgentDoc, AgentDoc];
    const bad = { env: { X: 'bad' } };
    const lookOf = (fleet: Fleet) => plan(fleet.host.observe(fleet.roster), noWords, fleet.host.now);
    /** Both are to be restarted; after the first one, something happens. */
    const walk = async (meanwhile: (fleet: Fleet) => void) => {
      const fleet = new Fleet().edit([a, b]);
      await fleet.apply();
      const pid = fleet.host.pidOf('b');
      fleet.edit([{ ...a, ...bad }, { ...b, ...bad }], spaced); // prettier-ignore
      const results = await fleet.apply(
        {},
        {
          planAgain: () => Promise.resolve(ok(lookOf(fleet))),
          pause: () => {
            meanwhile(fleet);
            return Promise.resolve();
          },
        },
      );
      return { results: kinds(results), all: results, left: fleet.host.pidOf('b') === pid, fleet };
    };
    test('is done where it is still the same', async () => {
      const { results, left } = await walk(() => undefined);
      expect(results).toEqual(['a restart done', 'b restart done']);
      expect(left).toBe(false);
    });
    test.each<readonly [string, (fleet: Fleet) => void, string]>([
      ['only an update is', (fleet) => fleet.edit([a, { ...b, idle_after: '5m' }], spaced), 'update'],
      ['a stop is', (fleet) => fleet.edit([a], spaced), 'stop'],
      ['another configuration is', (fleet) => fleet.edit([a, { ...b, env: { X: 'c' } }], spaced), 'restart'],
    ])('is not done where %s due by then', async (_, meanwhile, action) => {
      const { results, left } = await walk(meanwhile);
      expect(results).toEqual(['a restart done', `b ${action} gated`]);
      expect(left).toBe(true);
    });
    test('is settled where nothing is left to be done by then', async () => {
      const { results, left } = await walk((fleet) => fleet.edit([a, b], spaced));
      expect(results).toEqual(['a restart done', 'b restart settled']);
      expect(left).toBe(true);
    });
    test.each<readonly [string, (fleet: Fleet) => void, string]>([
      ['all of tmux', ({ host }) => void (host.blind.tmux = true), 'tmux'],
      ['its env file', ({ host }) => void host.unreadable.add('b'), 'permission denied'],
    ])('is unknown where %s cannot be read by then', async (_, meanwhile, message) => {
      const { results, left, all } = await walk(meanwhile);
      expect(results[1]).toBe('b restart unknown');
      expect(all[1]).toMatchObject({ message: expect.stringContaining(message) as unknown });
      expect(left).toBe(true);
    });
    test('is done where its process has ended by then', async () => {
      const { results, fleet } = await walk(({ host }) => host.endSession(host.sessionOf('b')!));
      expect(results).toEqual(['a restart done', 'b restart done']);
      expect(lookOf(fleet).actions).toEqual([]);
    });
    test('is done at the operator’s word, which stays the same', async () => {
      const fleet = new Fleet().edit([a, b], spaced);
      await fleet.apply();
      const look = () => operatorPlan(fleet.host.observe(fleet.roster), 'restart', null, fleet.host.now);
      const results = await fleet.walk(look(), { planAgain: () => Promise.resolve(ok(look())) });
      expect(kinds(results)).toEqual(['a restart done', 'b restart done']);
    });
  });

  describe('a hold that comes while it goes on', () => {
    const hold = (fleet: Fleet) =>
      fleet.host.holds.set('a', { since: 0, until: null, reason: null, by: 'stop' });
    const lookOf = (fleet: Fleet) => plan(fleet.host.observe(fleet.roster), noWords, fleet.host.now);
    const printed = (host: FakeHost): void => {
      host.sessionOf('a')!.ownPane()!.lastOutputAt = host.now / 1000;
    };
    test('keeps an agent down where the holder took long to come up', async () => {
      const fleet = new Fleet().edit(docs('a', 'b'), { defaults: { start_spacing: '2s' } });
      const start = fleet.host.startHolder.bind(fleet.host);
      const time = { ms: 0 };
      fleet.host.startHolder = () => {
        hold(fleet);
        time.ms += 1001;
        return start();
      };
      const port = { planAgain: () => Promise.resolve(ok(lookOf(fleet))), monotonic: () => time.ms };
      const results = await fleet.apply({}, port);
      expect(kinds(results)).toEqual(['a start gated', 'b start done']);
    });
    test('keeps an agent down where the files of all took long', async () => {
      const fleet = new Fleet().edit(docs('a', 'b'));
      const write = fleet.host.writeMaterial.bind(fleet.host);
      const time = { ms: 0 };
      fleet.host.writeMaterial = (material) => {
        hold(fleet);
        time.ms += 501;
        return write(material);
      };
      const port = { planAgain: () => Promise.resolve(ok(lookOf(fleet))), monotonic: () => time.ms };
      const results = await fleet.apply({}, port);
      expect(kinds(results)).toEqual(['a start gated', 'b start done']);
    });
    test.each<readonly [string, (fleet: Fleet) => void, string]>([
      ['is not undone by the restart', hold, 'gated'],
      // What was typed was printed.
      ['is what counts, not what the attempt made it print', ({ host }) => printed(host), 'done'],
    ])('while a reset was tried in the runtime %s', async (_, meanwhile, expected) => {
      const slot = { name: 'a', reset_between_tasks: true, kickstart_template: 'k.md' };
      const fleet = new Fleet().edit([slot], { templates: { 'k.md': 'one' } });
      await fleet.apply();
      const pid = fleet.host.pidOf('a');
      fleet.edit([slot], { templates: { 'k.md': 'two' } });
      const reset = (): Promise<string> => {
        meanwhile(fleet);
        return Promise.resolve('it is at work');
      };
      const results = await fleet.apply(
        {},
        { planAgain: () => Promise.resolve(ok(lookOf(fleet))), resets: { reset } },
      );
      expect(kinds(results)).toEqual([`a reset ${expected}`]);
      expect(fleet.host.pidOf('a') === pid).toBe(expected === 'gated');
    });
  });

  test('a reset that was tried in the runtime ends nothing where the plan cannot be made again', async () => {
    const slot = { name: 'a', reset_between_tasks: true, kickstart_template: 'k.md' };
    const fleet = new Fleet().edit([slot], { templates: { 'k.md': 'one' } });
    await fleet.apply();
    const pid = fleet.host.pidOf('a');
    fleet.edit([slot], { templates: { 'k.md': 'two' } });
    const port = {
      planAgain: () => Promise.resolve(fail('the roster cannot be used any more')),
      resets: { reset: () => Promise.resolve('it is at work') },
    };
    expect(kinds(await fleet.apply({}, port))).toEqual(['a reset failed']);
    expect(fleet.host.pidOf('a')).toBe(pid);
  });

  test('every action has one result, and a start is reported before it', async () => {
    const fleet = new Fleet().edit(docs('a', 'b'));
    await fleet.apply();
    expect(
      fleet.events.map((event) => {
        if (event.type === 'holder') return 'holder';
        return event.type === 'start' ? `${event.action.agent} …` : event.result.kind;
      }),
    ).toEqual(['a …', 'b …', 'done', 'done']);
  });
});

test('who leaves the roster loses the launch record, who is suspended does not', async () => {
  const fleet = new Fleet().edit(docs('a', 'b', 'c'));
  await fleet.apply();
  await fleet.edit([{ name: 'a', suspend: true }, { name: 'c' }]).apply();
  expect([...fleet.host.launchRecords.keys()]).toEqual(['a', 'c']);
});
