import type { World } from './assess.js';
import type { Known, ObservedPane, ObservedServer } from './observed.js';

interface Output {
  /** As tmux told it, epoch seconds. */
  readonly told: number;
  /** The same on a clock that no one sets, milliseconds. */
  readonly at: number;
}

/** Clocks that differ by less have not been set; one is read a little after the other. Milliseconds. */
const toleranceMs = 1000;

/**
 * When agents printed last, on a clock that no one sets. tmux tells it by the wall clock: where that is set ahead, or the
 * machine wakes from its sleep, everybody who is busy would look idle, and where it is set back nobody idle would.
 */
export class LastOutputs {
  readonly #outputs = new Map<string, Output>();
  /** How far the wall clock was ahead of the other at the last look; null before the first. */
  #ahead: number | null = null;
  /** The last look as it was and as it was told on, with how far the clock was ahead then. */
  #last: {
    readonly seen: ObservedServer;
    readonly told: Known<ObservedServer>;
    readonly ahead: number;
  } | null = null;

  /**
   * What was seen, with each last output told by the wall clock as it is set now.
   *
   * @param now epoch milliseconds
   * @param monotonic milliseconds on a clock that no one sets
   */
  corrected(world: World, now: number, monotonic: number): World {
    const { tmux } = world.observed;
    if (!tmux.known || tmux.value === null) return world;
    const ahead = now - monotonic;
    const wasSet = this.#ahead !== null && Math.abs(ahead - this.#ahead) >= toleranceMs;
    this.#ahead = ahead;
    const server = tmux.value;
    const last = this.#last;
    // The same look again, and a clock that creeps at most: told as before.
    if (last?.seen === server && !wasSet && Math.abs(ahead - last.ahead) < toleranceMs)
      return { ...world, observed: { ...world.observed, tmux: last.told } };
    const present = new Set<string>();
    const correct = (pane: ObservedPane): ObservedPane => {
      const key = keyOf(server, pane);
      present.add(key);
      const before = this.#outputs.get(key);
      const told = pane.lastOutputAt;
      // New since the last look, but told by which clock? Nobody knows, so it was just now.
      const at =
        before?.told === told ? before.at : wasSet ? monotonic : Math.min(told * 1000 - ahead, monotonic);
      this.#outputs.set(key, { told, at });
      const shift = at + ahead - told * 1000;
      return Math.abs(shift) < toleranceMs ? pane : { ...pane, lastOutputAt: told + shift / 1000 };
    };
    const sessions = server.sessions.map((session) => ({ ...session, panes: session.panes.map(correct) }));
    for (const key of this.#outputs.keys()) if (!present.has(key)) this.#outputs.delete(key);
    const told = { known: true, value: { ...server, sessions } } as const;
    this.#last = { seen: server, told, ahead };
    return { ...world, observed: { ...world.observed, tmux: told } };
  }
}

/** Ids start again with each server. */
const keyOf = (server: ObservedServer, pane: ObservedPane): string => `${server.pid} ${pane.id} ${pane.pid}`;
