import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, run, until } from '../support/fleet-sandbox.js';
import { TalkFleet } from '../support/talk-fleet.js';

let fleet: TalkFleet;
beforeEach(() => {
  fleet = new TalkFleet();
});
afterEach(() => fleet.dispose());

interface Told {
  readonly id?: string;
  readonly type: string;
  readonly status?: string;
  readonly reason?: string;
}

const events = async (id: string): Promise<readonly Told[]> =>
  (await fleet.expect(0, 'events', '--json')).stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told)
    .filter((event) => event.id === id);

async function busy(name: string, seconds: number): Promise<void> {
  await fleet.type(name, `/busy ${seconds}`, 'Enter');
  await until('it works', async () => (await fleet.screen(name)).includes('working'));
}

/** A sender that waits, and so keeps everybody else from the agent. */
function waiting(name: string) {
  const words = [cli, 'agent', 'send', name, '--json', '--message', 'patient', '--when-idle'];
  const child = spawn(process.execPath, words, { env: { ...process.env, ...fleet.env } });
  const told = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (told.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (told.err += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, told, ended };
}

/** So that the next one finds the agent's lock held. */
const isHeld = (name: string): Promise<unknown> =>
  until('the other one talks to it', async () => {
    const { receipt } = await fleet.send(name, '--message', 'x', '--when-idle', '--timeout', '1ms');
    return receipt.message.includes('is talking to it');
  });

describe('every receipt is an event', () => {
  test('also of what was refused since another one is talking to the agent, and of what was left', async () => {
    await fleet.up(fleet.demo('a'));
    await busy('a', 60);
    const other = waiting('a');
    await isHeld('a');
    const refused = await fleet.send('a', '--message', 'now', '--timeout', '50ms');
    expect(refused.run.code).toBe(4);
    expect(refused.receipt).toMatchObject({ status: 'refused', reason: 'Busy', attempts: 0 });
    expect(await events(refused.receipt.id)).toMatchObject([
      { type: 'message', status: 'refused', reason: 'Busy' },
    ]);
    const left = await fleet.send('a', '--message', 'later', '--later');
    expect(left.receipt).toMatchObject({ status: 'left', reason: 'Busy' });
    expect(await events(left.receipt.id)).toMatchObject([{ status: 'left', reason: 'Busy' }]);
    const reset = await fleet.expect(5, 'agent', 'reset', 'a', '--timeout', '50ms');
    expect(reset.stderr).toMatch(/a was not reset: .* is talking to it/);
    other.child.kill('SIGKILL');
    await other.ended;
  });

  test('a refusal says why, also where an earlier message is in the way', async () => {
    // It shows nothing of what it is told, and keeps no transcript: nobody can tell whether it was taken.
    const mute = ['sh', '-c', 'stty -echo; echo ready; exec sleep 1000'];
    await fleet.up(`{ name: a, runtime: other, command: ${JSON.stringify(mute)} }`);
    await fleet.expect(0, 'stop', 'a');
    await fleet.send('a', '--later', '--message', 'first');
    await fleet.expect(0, 'start', 'a');
    await until('it is ready', async () => (await fleet.screen('a')).includes('ready'));
    const { receipt } = await fleet.send('a', '--message', 'second');
    expect(receipt.message).toContain('an earlier message waits');
    expect(receipt).toMatchObject({ status: 'refused', reason: 'Busy', attempts: 0 });
  });
});

test('the first Ctrl-C ends the waiting, and the receipt is told', async () => {
  await fleet.up(fleet.demo('a'));
  await busy('a', 60);
  const other = waiting('a');
  await isHeld('a');
  other.child.kill('SIGINT');
  expect(await other.ended).toBe(4);
  // Or before it has looked, on a loaded machine.
  const reason: unknown = expect.stringMatching(/^(Busy|NotReady)$/);
  expect(JSON.parse(other.told.out)).toMatchObject({ status: 'refused', reason, attempts: 0 });
  expect(other.told.err).toContain('press Ctrl-C again');
  expect(fleet.messages('a')).toEqual([]);
});

test('a receipt that cannot be written does not ask for the message once more', async () => {
  await fleet.up(fleet.demo('a'));
  const words = [process.execPath, cli, 'agent', 'send', 'a', '--message', 'once'];
  const full = await run('bash', ['-c', '"$@" >/dev/full', '_', ...words], { env: fleet.env });
  expect([full.code, full.stderr]).toEqual([1, expect.stringContaining('what was done is done')]);
  expect(full.stderr).not.toContain('run the command again');
  expect(fleet.messages('a')).toEqual(['once']);
});
