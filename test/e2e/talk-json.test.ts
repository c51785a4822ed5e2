import { afterEach, beforeEach, expect, test } from 'vitest';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

test('with --json an outbox tells in one document what waits, what became of it, what was dropped', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.expect(0, 'stop', 'a');
  const first = (await fleet.send('a', '--later', '--message', 'first')).receipt.id;
  const second = (await fleet.send('a', '--later', '--message', 'second')).receipt.id;
  const outbox = async (code: number, ...words: readonly string[]): Promise<unknown> =>
    JSON.parse((await fleet.expect(code, 'agent', 'outbox', 'a', '--json', ...words)).stdout);
  const formatVersion = '1.0';
  expect(await outbox(0)).toMatchObject({ formatVersion, entries: [{ id: first }, { id: second }] });
  expect(await outbox(4, '--deliver')).toMatchObject({
    ...{ formatVersion, results: [], blocked: { reason: 'Dead', message: expect.any(String) as string } },
    entries: [{ id: first }, { id: second }],
  });
  expect(await outbox(0, '--drop', first)).toEqual({
    formatVersion,
    agent: 'a',
    id: first,
    status: 'dropped',
  });
  await fleet.expect(0, 'start', 'a');
  expect(await outbox(0, '--deliver')).toEqual({
    ...{ formatVersion, entries: [] },
    results: [
      {
        id: second,
        status: 'delivered',
        message: 'seen in the transcript',
        attempts: expect.any(Number) as number,
      },
    ],
  });
});
