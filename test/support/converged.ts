import { expect } from 'vitest';
import { limitsDropIn } from '../../src/controller/launch.js';
import { noWords } from '../../src/controller/gate.js';
import { plan } from '../../src/controller/plan.js';
import type { Story } from './history.js';

/**
 * The host is what the roster says, seen without fleet's eyes: processes, marks, limits. Left out is what fleet must not
 * touch (a stranger has the session's name) and cannot see (a oneshot unit of the predecessor whose session is gone).
 */
export function expectConverged({ host, roster }: Story): void {
  const world = host.observe(roster);
  const sessions = host.server?.sessions ?? [];
  for (const spec of roster.agents) {
    const { name, session: sessionName, suspend } = spec;
    const session = host.sessionOf(name);
    const unit = host.units.get(name);
    const isNameTaken = sessions.some((one) => one.stranger && one.name === sessionName);
    if (unit?.sub === 'exited' && session === undefined) continue;
    if (suspend) {
      expect(host.pidOf(name), `${name} is suspended`).toBeNull();
      continue;
    }
    if (isNameTaken) continue;
    expect(host.pidOf(name), `${name} runs`).not.toBeNull();
    const desired = world.desired.get(name);
    if (desired?.kind !== 'resolved' || session === undefined) expect.fail(`${name} is unresolved`);
    expect(session.marks.spec).toBe(desired.specHash);
    if (spec.resetBetweenTasks) expect(session.marks.context).toBe(desired.contextHash);
    if (session.marks.unit !== null && host.applied.has(name))
      expect(host.limitsInForce.get(name), `limits of ${name}`).toBe(limitsDropIn(spec) ?? undefined);
  }
  const names = new Set(roster.agents.map(({ name }) => name));
  for (const { marks } of sessions) if (marks.agent !== null) expect(names).toContain(marks.agent);
  const left = plan(world, noWords, host.now).actions.filter(({ gate }) => gate.kind !== 'blocked');
  expect(left).toEqual([]);
}
