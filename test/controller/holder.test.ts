import { expect, test } from 'vitest';
import type { Plan } from '../../src/controller/action.js';
import { apply, type ApplyEvent } from '../../src/controller/apply.js';
import { holderTurn, split } from '../../src/controller/delayed.js';
import { holderApproval } from '../../src/controller/holder.js';
import { noWords } from '../../src/controller/gate.js';
import { plan } from '../../src/controller/plan.js';
import { fail, ok, type Result } from '../../src/roster/result.js';
import { FakeHost, launching } from '../support/fake-host.js';
import { rosterOf } from '../support/scene.js';

const roster = rosterOf([{ name: 'a' }, { name: 'b' }]);
const spaced = { defaults: { start_spacing: '2s' } };
const look = (host: FakeHost, by = roster) => plan(host.observe(by), noWords, host.now);

async function walk(
  host: FakeHost,
  by = roster,
  again: () => Result<Plan, string> = () => ok(look(host, by)),
  monotonic = (): number => 0,
): Promise<readonly ApplyEvent[]> {
  const events: ApplyEvent[] = [];
  await apply(
    look(host, by),
    host.observe(by),
    {
      actuators: host,
      ...launching(roster.socketName),
      monotonic,
      observe: () => Promise.resolve(host.observe(by)),
      planAgain: () => Promise.resolve(again()),
      report: (event) => events.push(event),
      pause: () => Promise.resolve(),
      interrupted: () => false,
    },
    host.now,
  );
  return events;
}

async function predecessors(): Promise<FakeHost> {
  const host = new FakeHost();
  await walk(host);
  host.predecessor = true;
  host.now += 120_000;
  return host;
}

test('a holder of fleet’s own is never spoken of', async () => {
  const host = new FakeHost();
  await walk(host);
  expect(look(host).holder).toBeUndefined();
});

test('unapproved, it waits, and counts as no change', async () => {
  const host = await predecessors();
  const { holder, actions } = look(host);
  expect(actions).toEqual([]);
  expect(holder).toMatchObject({ session: '_holder', gate: { kind: 'needs-approval' } });
  expect(holder?.costs.map(({ agent }) => agent)).toEqual(['a', 'b']);
});

test('approved, everyone is stopped, it is replaced, everyone is started, and the approval is used up', async () => {
  const host = await predecessors();
  const before = [host.pidOf('a'), host.pidOf('b')];
  const { holder } = look(host);
  if (holder === undefined) throw new Error('no holder');
  host.approvals = [holderApproval(holder)];
  const ready = look(host);
  expect(ready.actions.map(({ agent, action, gate }) => [agent, action, gate.kind])).toEqual([
    ['a', 'restart', 'ready'],
    ['b', 'restart', 'ready'],
  ]);
  // The controller does it in one piece, and not while something else is under way.
  expect(split(ready, host.observe(roster))).toEqual([ready]);
  expect(holderTurn(ready, true, () => 1000).plan).toMatchObject({ actions: [] });
  expect(holderTurn(ready, true, () => 1000).plan.holder).toBeUndefined();
  const events = await walk(host);
  expect(events.filter(({ type }) => type === 'holder')).toEqual([{ type: 'holder', failure: null }]);
  expect(host.approvals).toEqual([]);
  expect(look(host)).toMatchObject({ actions: [], summary: { unchanged: 2 } });
  expect([host.pidOf('a'), host.pidOf('b')]).not.toEqual(before);
});

test('an approval is void with another server', async () => {
  const host = await predecessors();
  host.approvals = [holderApproval({ session: '_holder', serverPid: 1 })];
  expect(look(host).holder?.gate.kind).toBe('needs-approval');
});

test('a stranger’s session keeps it, also one that was opened in the last moment', async () => {
  const host = await predecessors();
  const { holder } = look(host);
  if (holder === undefined) throw new Error('no holder');
  host.approvals = [holderApproval(holder)];
  const stop = host.stopUnits.bind(host);
  host.stopUnits = (agents) => {
    host.server?.create('human', {}, true);
    return stop(agents);
  };
  const events = await walk(host);
  expect(events.find(({ type }) => type === 'holder')).toMatchObject({
    failure: 'still on its server: human',
  });
  expect(host.server?.sessions.map(({ name }) => name)).toContain('human');
  expect(host.approvals).toEqual([]);
  expect([host.pidOf('a'), host.pidOf('b')].every((pid) => pid !== null)).toBe(true);
  expect(look(host).holder?.gate).toMatchObject({ kind: 'blocked' });
});

test.each<readonly [string, (host: FakeHost) => Result<Plan, string>]>([
  ['spoiled', () => fail('the roster cannot be used any more')],
  ['edited', (host) => ok(look(host, rosterOf([{ name: 'a' }, { name: 'b', env: { X: 'y' } }], spaced)))],
])('who was ended for it is started again, the roster being %s by then', async (_, again) => {
  const by = rosterOf([{ name: 'a' }, { name: 'b' }], spaced);
  const host = await predecessors();
  const { holder } = look(host, by);
  if (holder === undefined) throw new Error('no holder');
  host.approvals = [holderApproval(holder)];
  const before = ['a', 'b'].map((name) => host.pidOf(name));
  await walk(host, by, () => again(host));
  const after = ['a', 'b'].map((name) => host.pidOf(name));
  expect(after).not.toContain(null);
  expect(after.filter((pid) => before.includes(pid))).toEqual([]);
});

test.each(['units', 'tmux'] as const)(
  'who was ended for it, which took long, is started again where of the %s nothing is told by then',
  async (source) => {
    const host = await predecessors();
    const { holder } = look(host);
    if (holder === undefined) throw new Error('no holder');
    host.approvals = [holderApproval(holder)];
    const time = { ms: 0 };
    const stop = host.stopUnits.bind(host);
    host.stopUnits = (agents) => {
      time.ms += 10_000;
      return stop(agents);
    };
    const again = (): Result<Plan, string> => {
      const world = host.observe(roster);
      const unseen = { [source]: { known: false, message: 'no answer within 5s' } };
      return ok(plan({ ...world, observed: { ...world.observed, ...unseen } }, noWords, host.now));
    };
    await walk(host, roster, again, () => time.ms);
    expect([host.pidOf('a'), host.pidOf('b')]).not.toContain(null);
  },
);
