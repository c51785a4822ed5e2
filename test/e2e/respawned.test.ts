import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/fleet-sandbox.js';
import { TalkingDemos } from '../support/talking-demos.js';

let fleet: TalkingDemos;
beforeEach(() => {
  fleet = new TalkingDemos();
});
afterEach(() => fleet.dispose());

test('what a human respawned in the pane of an agent does not pass for it; verify names the way out', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.tmux('respawn-pane', '-k', '-t', '=a:', 'exec sleep 999');
  const verified = await fleet.fleet('verify');
  expect(verified.stdout + verified.stderr).toMatch(
    /processes outside mosaic-agent@a\.service: \d+\s+→ fleet restart a/,
  );
  await until('its end is noticed', async () => (await fleet.pids())['a'] === undefined, 40_000);
  expect((await fleet.fleet('plan')).stdout).toContain('start');
}, 80_000);
