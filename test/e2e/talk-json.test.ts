import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { TalkFleet, type ReceiptJson } from '../support/talk-fleet.js';

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

// It was told to use an option that it did not know.
test('an outbox is delivered over a draft by the option that its refusal names', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.tmux('send-keys', '-t', '=a:', 'half a draft');
  await until('the draft is there', async () => (await fleet.screen('a')).includes('> half a draft'));
  await fleet.send('a', '--later', '--message', 'left');
  const refused = await fleet.expect(4, 'agent', 'outbox', 'a', '--deliver');
  const [option = ''] = /--clear-\w+/.exec(refused.stderr) ?? [];
  expect((await fleet.expect(64, 'agent', 'outbox', 'a', option)).stderr).toContain('goes with --deliver');
  await fleet.expect(0, 'agent', 'outbox', 'a', '--deliver', option);
  expect(fleet.messages('a')).toEqual(['left']);
});

describe('with --json a task whose reset is refused has a receipt, an event and the exit code of the reset', () => {
  const assign = async (code: number, ...words: readonly string[]): Promise<ReceiptJson> => {
    const told = ['agent', 'assign', 'a', '--json', '--message', 'a task', ...words];
    const receipt = JSON.parse((await fleet.expect(code, ...told)).stdout) as ReceiptJson;
    expect(Object.keys(receipt).slice(0, 4)).toEqual(['formatVersion', 'agent', 'id', 'status']);
    expect(receipt).toMatchObject({ agent: 'a', status: 'refused', attempts: 0 });
    const events = await fleet.expect(0, 'events', '--json', '--for', 'a', '-n', '1');
    expect(JSON.parse(events.stdout)).toMatchObject({ id: receipt.id, status: 'refused' });
    return receipt;
  };
  const notSent = 'the task was not sent: ';
  beforeEach(() => fleet.up(fleet.demo('a', [], ', reset_between_tasks: true')));
  afterEach(() => {
    expect(fleet.messages('a')).toEqual([]);
  });

  test('by a draft, by its work', async () => {
    await fleet.type('a', 'half');
    await until('the draft shows', async () => (await fleet.screen('a')).includes('> half'));
    const draft = `${notSent}it was not reset: a draft stands in its composer`;
    expect(await assign(4, '--later')).toMatchObject({ reason: 'Draft', message: draft });
    expect((await fleet.expect(0, 'agent', 'outbox', 'a')).stdout).toBe('Nothing waits.\n');
    await fleet.type('a', 'C-u');
    await fleet.type('a', '/busy 30', 'Enter');
    await until('it works', async () => (await fleet.screen('a')).includes('working'));
    expect(await assign(5, '--timeout', '200ms')).toMatchObject({ reason: 'Busy' });
  });

  test('by a hold, by its end', async () => {
    await fleet.expect(0, 'hold', 'a');
    const { message } = await assign(6);
    expect(message).toBe(`${notSent}a was not reset: held: by the operator; go on with: fleet release a`);
    await fleet.expect(0, 'stop', 'a');
    expect(await assign(4)).toMatchObject({ reason: 'Dead' });
  });
});
