import { expect, test } from 'vitest';
import { commence } from '../../src/controller/commence.js';
import { noWords } from '../../src/controller/gate.js';
import { launchRecord } from '../../src/controller/launch.js';
import { plan } from '../../src/controller/plan.js';
import { FakeHost, launching } from '../support/fake-host.js';
import { rosterOf, type RosterRest } from '../support/scene.js';

/** The launch record of an opencode that begins its first conversation, behind the environment, and the conversation's id. */
function begun(
  own: Readonly<Record<string, unknown>>,
  rest: RosterRest = {},
  at = 0,
  uuid = 'ab'.repeat(16),
) {
  const host = new FakeHost();
  const world = host.observe(rosterOf([{ name: 'a', runtime: 'opencode', ...own }], rest));
  const [action] = plan(world, noWords, host.now).actions;
  const desired = world.desired.get('a');
  if (action === undefined || desired?.kind !== 'resolved') throw new Error('nothing to start');
  const { places } = launching('s');
  const { launch } = commence(action, desired, undefined, { places, newId: () => uuid, now: at });
  const record = launchRecord(desired, places, launch);
  if (!record.ok) throw new Error(record.failure);
  const fields = record.value.split('\0').slice(0, -1);
  return { fields: fields.slice(9 + Number(fields[8])), id: launch?.id ?? '' };
}

test('a runtime that must be led into a conversation gets one made by its own program', () => {
  const command = ['env', 'X=1', '/opt/opencode', '--model', 'm', '{conversation}', '--auto'];
  const { fields, id } = begun({ command });
  const words = ['8', 'env', 'X=1', '/opt/opencode', '--model', 'm', '--session', id, '--auto'];
  expect(fields.slice(0, 24)).toEqual([
    ...[...words, ...words, '', '2'],
    ...['XDG_DATA_HOME', '.local/share', 'opencode/opencode*.db*', id],
  ]);
  // Of its command nothing that stands behind the program: opencode takes no option before its subcommand.
  expect(fields.slice(28, -2)).toEqual(['5', 'env', 'X=1', '/opt/opencode', 'import', '/dev/stdin']);
  expect(JSON.parse((fields.at(-2) ?? '').replaceAll('{ms}', '7'))).toMatchObject({
    info: { id, title: 'New session - {iso}', time: { created: 7, updated: 7 } },
    messages: [],
  });
  // No other one of its home is started before it has opened its database.
  expect(fields.at(-1)).toBe('.db-shm');
});

test.each([
  [{ command: ['./wrapped', '--x', '{conversation}'] }, ['3', './wrapped']],
  [{}, ['5', 'mosaic', 'yolo', 'opencode']],
])('the program of %j is told', (own, words) => {
  expect(begun(own).fields.slice(-words.length - 4, -2)).toEqual([...words, 'import', '/dev/stdin']);
});

test('whoever says how a conversation is begun says all of it', () => {
  const runtimes = { opencode: { conversation: { new: ['--id', '{id}'] } } };
  expect(begun({}, { runtimes }).fields.slice(-3)).toEqual(['0', '', '.db-shm']);
  const resumed = { opencode: { conversation: { resume: ['-s', '{id}'] } } };
  expect(begun({}, { runtimes: resumed }).fields.at(-3)).toBe('/dev/stdin');
});

test('ids are like its own: of one length, the newest first', () => {
  const at = Date.UTC(2026, 10, 24);
  const ids = [0, 1, 1000, 86_400_000].map((later, index) => {
    const uuid = `${index}0000000-0000-4000-8000-00000000000${index}`;
    return begun({}, {}, at + later, uuid).id;
  });
  for (const id of ids) expect(id).toMatch(/^ses_[0-9a-f]{26}$/);
  expect(ids.toSorted()).toEqual(ids.toReversed());
});
