import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';
import { randomFrom } from './seeded.js';

// What an agent lives through between messages: a first message, a reset, a task, and deaths in the middle of a delivery.
const FIRST = 'these are your first words';
const seed = Number(process.env['FLEET_RACE_SEED'] ?? 1);
const deaths = Number(process.env['FLEET_RACE_DEATHS'] ?? 3);

for (const runtime of wanted()) {
  describe.skipIf(missing().includes(runtime))(`${runtime}, from start to end`, () => {
    let all: RealFleet;
    beforeAll(async () => {
      all = await RealFleet.start(
        { one: runtime, slot: runtime },
        {
          words: { slot: { kickstart_template: 'first.md', reset_between_tasks: true } },
          files: { 'first.md': `${FIRST}, {name}\n` },
        },
      );
    });
    afterAll(() => all.dispose());
    /** What the model was asked last in the conversation in which it was told this. */
    const lastWith = (mark: string): readonly string[] =>
      all.server.requests().findLast(({ main, last }) => main && last.includes(mark))?.texts ?? [];
    const places = (texts: readonly string[], ...marks: readonly string[]): readonly number[] =>
      marks.map((mark) => texts.join('\n').split(mark).length - 1);

    test('a first message comes first, and once', async () => {
      // On a loaded machine it may have been left, as apply then says, with this command; once more where it is not ready yet.
      await until(
        'the first message is out of the outbox',
        async () => (await all.fleet.fleet('agent', 'outbox', 'slot', '--deliver')).code === 0,
        120_000,
      );
      await all.received(`${FIRST}, slot`);
      await all.expectSent(/^(delivered|queued)/, 'slot', 'then this', '--timeout', '60s');
      await all.received('then this');
      await all.quiet();
      const texts = lastWith('then this');
      expect(places(texts, FIRST, 'then this')).toEqual([1, 1]);
      expect(texts.join('\n').indexOf(FIRST)).toBeLessThan(texts.join('\n').indexOf('then this'));
      expect(all.times(`${FIRST}, one`)).toBe(0);
    });

    test('after a reset the model sees the new message alone', async () => {
      await all.expectSent(/^(delivered|queued)/, 'one', 'remember the old days', '--timeout', '60s');
      await all.received('remember the old days');
      await all.quiet();
      await all.fleet.expect(0, 'agent', 'reset', 'one');
      await all.expectSent(/^(delivered|queued)/, 'one', 'a new day', '--timeout', '60s');
      await all.received('a new day');
      await all.quiet();
      expect(places(lastWith('a new day'), 'remember the old days', 'a new day')).toEqual([0, 1]);
    });

    test('a reset that waits for a message to be delivered waits for its turn as well', async () => {
      const sent = all.send('one', 'answer me SLEEP=1500', '--timeout', '60s');
      // It takes the agent's lock next, in the moment in which nothing shows yet that the agent works.
      await delay(100);
      const reset = all.fleet.expect(0, 'agent', 'reset', 'one', '--timeout', '60s');
      expect((await sent).receipt.status).toMatch(/^(delivered|queued)$/);
      await reset;
      const asked = all.server.requests().findLast(({ main, last }) => main && last.includes('answer me'));
      expect(asked?.state).toBe('answered');
    });

    test('a task begins with a fresh conversation and the first message', async () => {
      const run = await all.fleet.expect(0, 'agent', 'assign', 'slot', '--message', 'the task', '--json');
      expect(run.stdout).toMatch(/"status":"(delivered|queued)"/);
      await all.received('the task');
      await all.quiet();
      const texts = lastWith('the task');
      expect(places(texts, 'then this', FIRST, 'the task')).toEqual([0, 1, 1]);
      expect(texts.join('\n').indexOf(FIRST)).toBeLessThan(texts.join('\n').indexOf('the task'));
    });

    const kills = {
      'the agent': async () => (await all.fleet.pids())['one'],
      'the tmux server': () => all.fleet.serverPid(),
    };
    for (const [what, pidOf] of Object.entries(kills)) {
      test(
        `when ${what} dies in the middle of a delivery, the receipt is true`,
        { timeout: 400_000 },
        async () => {
          const random = randomFrom(seed);
          for (let count = 0; count < deaths; count += 1) {
            const text = `${what.replaceAll(' ', '')} ${seed}x${count}\nand more`;
            const pid = await pidOf();
            if (pid === undefined) throw new Error('it does not run');
            const after = 150 + random() * 700;
            const death = setTimeout(() => process.kill(pid, 'SIGKILL'), after);
            const { receipt } = await all.send('one', text, '--timeout', '3s');
            clearTimeout(death);
            try {
              process.kill(pid, 'SIGKILL');
            } catch {
              // It died in time.
            }
            await all.quiet();
            const times = all.times(text);
            const told = `${what} died ${Math.round(after)} ms after the start: ${receipt.status} ${receipt.reason ?? ''}, ${times} at the model`;
            console.log(`${runtime}: ${told}`);
            expect(times, told).toBeLessThanOrEqual(1);
            if (receipt.status === 'refused' || receipt.status === 'drafted') expect(times, told).toBe(0);
            await all.running();
            const next = `alive again ${what.length}${count}`;
            await all.expectSent(/^(delivered|queued)/, 'one', next, '--timeout', '60s');
            await all.received(next);
            await all.quiet();
            expect(all.times(next)).toBe(1);
            expect(all.times(text), 'nobody sends it again').toBeLessThanOrEqual(1);
            if (receipt.status === 'refused' || receipt.status === 'drafted') expect(all.times(text)).toBe(0);
          }
        },
      );
    }
  });
}
