import { afterEach, beforeEach } from 'vitest';
import type { FleetSandbox } from './fleet-sandbox.js';
import { RunningController } from './running-controller.js';
import { TalkFleet } from './talk-fleet.js';

interface Controlled<Fleet> {
  readonly fleet: Fleet;
  readonly controller: RunningController;
}

/** For each test of a file a fleet, and a controller that is not started yet. Both are gone after it. */
export function controlled<Fleet extends FleetSandbox>(
  make: () => Fleet,
  take: (own: Controlled<Fleet>) => void,
): void {
  let own: Controlled<Fleet>;
  beforeEach(() => {
    const fleet = make();
    own = { fleet, controller: new RunningController(fleet) };
    take(own);
  });
  afterEach(async () => {
    await own.controller.stop('SIGKILL');
    await own.fleet.dispose();
  });
}

/** The same of demo agents. */
export const talking = (take: (own: Controlled<TalkFleet>) => void): void =>
  controlled(() => new TalkFleet(), take);
