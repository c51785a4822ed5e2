import * as path from 'node:path';
import { makeDirectory } from '../../host/directory.js';
import { watchPlaces, type FileWatch } from '../../observers/file-watch.js';
import { watchTmux, type TmuxEvents } from '../../observers/tmux-events.js';
import { placesOf, samePlaces, type Places } from '../../observers/watch-places.js';
import type { Context } from '../context.js';
import { later } from './host-port.js';
import type { RosterMemory } from './roster-memory.js';

/** An editor that truncates and then writes is given so long after its last touch, and no longer than the second. */
const quietMs = 20;
const patienceMs = 50;
/**
 * A watcher tells of changes in quick succession only once. So it is asked again, by a look at the files' times alone,
 * whether what was read is still what is there.
 */
const doubtsMs = [100, 400, 1500];

/**
 * An agent that ends is told of by its pane and by its session, and only some 10 ms later its end is on record and its unit goes
 * down. A look in between shows nothing that helps, takes a processor from who is ending, and the next comes later.
 */
const endsWithinMs = 8;

/** In the state directory only the operator's words matter, that something was left for an agent, and that an agent has ended. */
const words = ['holds.json', 'approvals.json', 'mail', 'ended'];

interface Watched {
  readonly roster: Places;
  readonly words: Places;
}

/** What wakes the controller besides its own timers. None of them carries anything. */
export class Sources {
  readonly #context: Context;
  readonly #memory: RosterMemory;
  readonly #wake: () => void;
  readonly #failed: (message: string) => void;
  readonly #tmux: TmuxEvents;
  #places: Watched | null = null;
  #watches: readonly FileWatch[] = [];
  #firstTouch: number | null = null;
  #cancels: readonly (() => void)[] = [];

  constructor(
    context: Context,
    socketName: string,
    memory: RosterMemory,
    wake: () => void,
    failed: (message: string) => void,
  ) {
    this.#context = context;
    this.#memory = memory;
    this.#wake = wake;
    this.#failed = failed;
    makeDirectory(context.paths.state);
    this.#tmux = watchTmux(socketName, () => later(endsWithinMs, wake));
    this.follow(false);
  }

  /** After each pass: the roster may name other templates, and everything may lead to another place, than before. */
  follow(serverSeen: boolean): void {
    if (serverSeen) this.#tmux.serverSeen();
    const { paths } = this.#context;
    const environments = path.join(paths.agents, '.env');
    const places: Watched = {
      roster: placesOf([...this.#memory.files, environments]),
      words: placesOf(words.map((name) => path.join(paths.state, name))),
    };
    const before = this.#places;
    if (before !== null && samePlaces(places.roster, before.roster) && samePlaces(places.words, before.words))
      return;
    // Both, for they may have a directory in common.
    for (const watch of this.#watches) void watch.close();
    this.#places = places;
    const agents = placesOf([environments]);
    this.#watches = [
      watchPlaces(
        places.roster,
        (directory, name) => name.endsWith('.env') && agents.get(directory)?.names.has('.env') === true,
        () => this.#touched(),
        this.#failed,
      ),
      watchPlaces(places.words, () => false, this.#wake, this.#failed),
    ];
  }

  async close(): Promise<void> {
    this.#forget();
    this.#tmux.close();
    await Promise.all(this.#watches.map((watch) => watch.close()));
  }

  #touched(): void {
    const now = performance.now();
    this.#firstTouch ??= now;
    const left = Math.max(0, Math.min(quietMs, this.#firstTouch + patienceMs - now));
    this.#forget();
    this.#cancels = [
      later(left, () => {
        this.#firstTouch = null;
        this.#wake();
      }),
      ...doubtsMs.map((ms) => later(ms, () => this.#memory.isStale() && this.#wake())),
    ];
  }

  #forget(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }
}
