import { expect, test } from 'vitest';
import { observedRevision } from '../../src/controller/revision.js';
import { Scene } from '../support/scene.js';

const scene = (): Scene => new Scene(['a', 'b']).live('a').live('b').session('notes');
const of = (one: Scene): string => observedRevision(one.world().observed);
const base = of(scene());
const first = (one: Scene) => one.sessions[0]!;

test.each<readonly [string, (one: Scene) => void]>([
  ['activity', (one) => (one.sessions[0] = { ...first(one), panes: first(one).panes.map((pane) => ({ ...pane, lastOutputAt: 1 })) })],
  ['attachment', (one) => (one.sessions[0] = { ...first(one), attached: 3 })],
  ['order of sessions', (one) => one.sessions.reverse()],
  ['order of units', (one) => { const units = [...one.units].reverse(); one.units.clear(); for (const [name, unit] of units) one.units.set(name, unit); }],
  ['a unit that is listed as inactive', (one) => one.unit('gone', 'inactive')],
  ['a SubState', (one) => one.unit('a', 'active', 'exited')],
  ['files and obstacles', (one) => { one.files.clear(); one.obstacles.set('a', 'x'); }],
  ['a hold', (one) => one.remember({ fleetHold: { since: 0, until: null, reason: null, by: 'stop' } })],
])('does not depend on %s', (_, change) => {
  const one = scene();
  change(one);
  expect(of(one)).toBe(base);
}); // prettier-ignore

test.each<readonly [string, (one: Scene) => void]>([
  ['a unit state', (one) => one.unit('a', 'failed')],
  ['another unit', (one) => one.unit('c', 'active')],
  ['the holder', (one) => (one.holder = 'failed')],
  ['the server', (one) => (one.server = { pid: 101, inHolder: true })],
  ['no server', (one) => (one.server = null)],
  ['a mark', (one) => (one.sessions[0] = { ...first(one), marks: { ...first(one).marks, spec: 'v1:x' } })],
  ['a pid', (one) => (one.sessions[0] = { ...first(one), panes: [one.pane()] })],
  ['a dead pane', (one) => (one.sessions[0] = { ...first(one), panes: first(one).panes.map((pane) => ({ ...pane, dead: true })) })],
  ['a session', (one) => one.session('more')],
  ['unknown units', (one) => (one.unitsUnknown = 'no bus')],
  ['unknown sessions', (one) => (one.tmuxUnknown = 'hangs')],
])('depends on %s', (_, change) => {
  const one = scene();
  change(one);
  expect(of(one)).not.toBe(base);
}); // prettier-ignore

test('is hex, and the plan carries it', () => {
  expect(base).toMatch(/^[0-9a-f]{40}$/);
  expect(scene().plan().observedRevision).toBe(base);
});
