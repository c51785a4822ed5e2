import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { missing, wanted } from '../support/real-agents.js';
import { RealFleet } from './real-fleet.js';

// Whoever was told that a message is delivered does not send it again: from then on it must not be lost with the process.
// (pi writes nothing down before its first turn is over.)

for (const runtime of wanted()) {
  describe.skipIf(missing().includes(runtime))(`${runtime}, killed right after a receipt`, () => {
    let all: RealFleet;
    beforeAll(async () => {
      all = await RealFleet.start({ one: runtime }, { together: true });
      await all.expectSent(/^delivered/, 'one', 'the first words', '--timeout', '60s');
      await all.received('the first words');
      await all.quiet();
    });
    afterAll(() => all.dispose());

    test('still has the message, once', { timeout: 240_000 }, async () => {
      for (const text of ['round one', 'round two', 'round three']) {
        await all.fleet.expect(0, 'wait', 'one', '--for', 'idle', '--timeout', '60s');
        const pid = all.pane('one').pid();
        await all.expectSent(/^delivered/, 'one', `${text} HANG`, '--timeout', '60s');
        process.kill(pid, 'SIGKILL');
        await until('its unit has ended', async () => Object.keys(await all.fleet.pids()).length === 0);
        await all.running();
        await all.expectSent(/^delivered/, 'one', `after ${text}`, '--when-idle', '--timeout', '60s');
        await all.received(`after ${text}`);
        await all.quiet();
        expect(all.times(`${text} HANG`)).toBe(1);
      }
    });
  });
}
