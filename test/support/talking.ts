import { afterEach, beforeEach } from 'vitest';
import { RunningController } from './running-controller.js';
import { TalkFleet } from './talk-fleet.js';

interface Talking {
  readonly fleet: TalkFleet;
  readonly controller: RunningController;
}

/** For each test of a file a fleet of demo agents, and a controller that is not started yet. Both are gone after it. */
export function talking(take: (own: Talking) => void): void {
  let own: Talking;
  beforeEach(() => {
    const fleet = new TalkFleet();
    own = { fleet, controller: new RunningController(fleet) };
    take(own);
  });
  afterEach(async () => {
    await own.controller.stop('SIGKILL');
    await own.fleet.dispose();
  });
}
