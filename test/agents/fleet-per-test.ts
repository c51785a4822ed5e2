import { afterEach } from 'vitest';
import { startBurners } from './burners.js';
import { RealFleet } from './real-fleet.js';

/** For a describe whose tests each start one fleet: beside what FLEET_TEST_LOAD burns, and ended with the test. */
export function fleetPerTest(): typeof RealFleet.start {
  let end = (): Promise<void> => Promise.resolve();
  afterEach(() => end());
  return async (...words) => {
    const burners = startBurners();
    end = () => {
      burners.end();
      return Promise.resolve();
    };
    const all = await RealFleet.start(...words);
    end = async () => {
      burners.end();
      await all.dispose();
    };
    return all;
  };
}
