import { afterEach, beforeEach, expect, test } from 'vitest';
import { TalkingDemos } from '../support/talking-demos.js';

let fleet: TalkingDemos;
beforeEach(() => {
  fleet = new TalkingDemos();
});
afterEach(() => fleet.dispose());

test('verify names the way out of what a human respawned in the pane of an agent', async () => {
  await fleet.up(fleet.demo('a'));
  await fleet.tmux('respawn-pane', '-k', '-t', '=a:', 'exec sleep 999');
  const verified = await fleet.fleet('verify');
  expect(verified.stdout + verified.stderr).toMatch(
    /processes outside mosaic-agent@a\.service: \d+\s+→ fleet restart a/,
  );
  await fleet.expect(0, 'restart', 'a');
  await fleet.expect(0, 'verify');
});
