import type { ReconcilerPort, Sight } from '../../controller/reconciler.js';
import type { Meter, Turn } from '../../controller/turn.js';

/** The same port; how long each look takes, and what it cannot see, is counted. */
export function metered<Seen extends Sight>(
  port: ReconcilerPort<Seen>,
  meter: Meter | null,
): ReconcilerPort<Seen> {
  if (meter === null) return port;
  return {
    ...port,
    observe: async (roster) => {
      const begun = port.monotonic();
      const seconds = (): number => (port.monotonic() - begun) / 1000;
      try {
        const seen = await port.observe(roster);
        const { units, tmux, memory } = seen.world.observed;
        meter.observed(seconds(), [
          ...(units.known ? [] : (['systemd'] as const)),
          ...(tmux.known ? [] : (['tmux'] as const)),
          ...(memory.known ? [] : (['state'] as const)),
        ]);
        return seen;
      } catch (error) {
        meter.observed(seconds(), ['other']);
        throw error;
      }
    },
  };
}

/** One pass, timed. */
export async function timed<Outcome>(
  pass: () => Promise<Outcome>,
  turn: () => Turn,
  meter: Meter | null,
): Promise<Outcome> {
  const begun = performance.now();
  const outcome = await pass();
  meter?.passed((performance.now() - begun) / 1000, turn().result);
  return outcome;
}
