import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { noWords } from '../../src/controller/gate.js';
import { plan as planOf } from '../../src/controller/plan.js';
import { events, VirtualStory } from '../support/virtual-history.js';

/** Everything is as the roster says, or waits for something that the controller names. */
async function expectSettled({ fleet, laws }: VirtualStory): Promise<void> {
  const { host, clock, file } = fleet;
  const { actions, unknownAgents } = planOf(host.observe(file.roster), noWords, host.now);
  expect(unknownAgents).toEqual([]);
  const said = new Map(laws.plan?.actions.map(({ agent, gate }) => [agent, gate.kind]));
  for (const { agent, action, gate } of actions) {
    if (gate.kind === 'ready')
      expect(said.get(agent) ?? 'ready', `${agent}: ${action} is not done`).not.toBe('ready');
  }
  const gated = new Set(actions.map(({ agent }) => agent));
  for (const { name, suspend } of file.roster.agents) {
    if (!gated.has(name)) expect(host.pidOf(name) !== null, `${name} runs`).toBe(!suspend);
  }
  if (actions.some(({ gate }) => gate.kind === 'ready')) return;
  // And then nothing is done any more: no write, no action.
  const { calls } = host;
  await clock.advance(61_000);
  expect(host.calls).toBe(calls);
}

test('two operators restart an agent that can no longer start, one after the other', async () => {
  const story = new VirtualStory();
  await story.live([
    { kind: 'command', what: 'restart', name: 'b', dieAfter: null },
    { kind: 'command', what: 'restart', name: 'b', dieAfter: null },
    { kind: 'agent', what: 'cripple', name: 'b' },
    { kind: 'pass', ms: 31_000 },
  ]);
  expect(story.laws.seen.get('command restart')).toBe(1);
  expect(story.laws.seen.get('command start')).toBe(1);
  await story.calm();
  expect(story.laws.broken).toEqual([]);
  await expectSettled(story);
});

test('whatever happens to a fleet and its controller, every law holds, and it comes to rest', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(events, async (history) => {
      const story = new VirtualStory();
      await story.live(history);
      await story.calm();
      expect(story.laws.broken).toEqual([]);
      await expectSettled(story);
      for (const [what, often] of story.laws.seen) seen.set(what, (seen.get(what) ?? 0) + often);
    }),
    { numRuns: 1000 },
  );
  // Worth their time: everything that a controller does and waits for has come up.
  for (const action of ['start', 'restart', 'reset', 'update', 'stop']) {
    expect(seen.get(`controller ${action}`) ?? 0, action).toBeGreaterThan(20);
  }
  for (const gate of ['deferred', 'needs-approval', 'held', 'backing-off', 'stalled', 'braked']) {
    expect(seen.get(gate) ?? 0, gate).toBeGreaterThan(5);
  }
});
