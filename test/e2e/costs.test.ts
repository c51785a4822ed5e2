import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { TalkingDemos } from '../support/talking-demos.js';

let fleet: TalkingDemos;
beforeEach(() => {
  fleet = new TalkingDemos();
});
afterEach(() => fleet.dispose());

const kept = 'keeps the conversation';
const turn = `${kept}, loses the turn in progress`;

/** `a` works without a word, `b` rests; the clock of output tells neither. */
async function working(more = ''): Promise<void> {
  await fleet.up(fleet.demo('a', more), fleet.demo('b', more));
  for (const name of ['a', 'b']) await fleet.say(name, 'apples');
  await silentTurn();
}

async function silentTurn(): Promise<void> {
  await until('it can be told to work', async () => /^>( |$)/m.test(await fleet.screen('a')));
  await fleet.tmux('send-keys', '-t', '=a:', '/busy 60', 'Enter');
  await until('it works', async () => (await fleet.screen('a')).includes('working'));
}

test.each(['restart', 'stop'])('%s says of whose turn it is the end, before it is', async (word) => {
  await working();
  const { stdout } = await fleet.expect(0, word, 'a', 'b');
  const costs = stdout.split('\n').filter((line) => line.includes(kept)).map((line) => line.trim()); // prettier-ignore
  expect(costs).toEqual([turn, kept]);
  expect(stdout.indexOf(turn)).toBeLessThan(stdout.indexOf('✓'));
});

test('so does what is done at once: apply --now, an agent that may be ended at any moment, one that is suspended', async () => {
  await working();
  const settings = fleet.settings();
  const changed = fleet.demo('a', '', ['--say', 'x']);
  fleet.writeRoster([changed, fleet.demo('b')], settings);
  const applied = await fleet.expect(0, 'apply', '--now', '--json');
  const lines = applied.stdout.trim().split('\n').map((line) => JSON.parse(line) as object); // prettier-ignore
  expect(lines[1]).toMatchObject({
    type: 'planned',
    actions: [{ agent: 'a', action: 'restart', gate: 'ready', cost: 'loses-turn', live: { busy: true } }],
  });
  await silentTurn();
  fleet.writeRoster([fleet.demo('a', ', disruption: immediate'), fleet.demo('b')], settings);
  expect((await fleet.expect(0, 'plan')).stdout).toContain(turn);
  fleet.writeRoster([fleet.demo('a', ', suspend: true'), fleet.demo('b')], settings);
  expect((await fleet.expect(0, 'plan')).stdout).toContain(turn);
});

test('so does the end of one that has left the roster, by how its runtime looked to the roster it was started with', async () => {
  await working();
  fleet.writeRoster([fleet.demo('b')], fleet.settings());
  const { stdout } = await fleet.expect(0, 'plan');
  expect(stdout).toContain(turn);
  const applied = await fleet.expect(0, 'apply');
  expect(applied.stdout).toContain(turn);
});
