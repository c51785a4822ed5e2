import { afterAll, beforeAll, expect, test } from 'vitest';
import { watchTmux, type TmuxEvents } from '../../src/observers/tmux-events.js';
import { FrameworkFleet } from '../support/framework-fleet.js';
import { eventually, processesWith } from '../support/user-manager.js';

let fleet: FrameworkFleet;
let events: TmuxEvents | null = null;
beforeAll(async () => {
  fleet = await FrameworkFleet.create('tmux-events');
});
afterAll(async () => {
  events?.close();
  await fleet.end();
});

test('every call is heard, however many there have been', async () => {
  process.env['MARK'] = 'tmux-events';
  let heard = 0;
  events = watchTmux(fleet.installation.socket, () => (heard += 1));
  delete process.env['MARK'];
  const listeners = (): readonly number[] => processesWith('MARK=tmux-events');
  await eventually('somebody listens', () => heard >= 1);
  const [first] = listeners();
  for (let call = 1; call <= 120; call += 1) {
    const before = heard;
    await fleet.tmux('wait-for', '-S', 'fleet');
    await eventually(`call ${call} is heard`, () => heard > before);
    // One program hears many of them.
    if (call === 40) expect(listeners()).toEqual([first]);
  }
}, 30_000);

test('a server that dies is heard of', async () => {
  let heard = 0;
  const others = watchTmux(fleet.installation.socket, () => (heard += 1));
  try {
    await eventually('it listens', () => heard >= 1);
    await fleet.tmux('kill-server');
    await eventually('it hears of that', () => heard > 1);
  } finally {
    others.close();
  }
});
