import * as path from 'node:path';
import { watchPlaces } from '../observers/file-watch.js';
import { watchTmux } from '../observers/tmux-events.js';
import { placesOf } from '../observers/watch-places.js';
import type { Context } from './context.js';

/** What a command that stays is woken by, so that it looks when something has happened, and seldom otherwise. */
export interface Wakes {
  /** Resolves when something may have changed, or after so many milliseconds. */
  readonly next: (ms: number) => Promise<void>;
  /** A look has shown a tmux server: it is listened to. */
  readonly serverSeen: () => void;
  readonly close: () => void;
}

const stateFiles = ['holds.json', 'approvals.json', 'status.json', 'events.jsonl', 'ended'];

export function openWakes({ paths }: Context, socketName: string): Wakes {
  let woken = false;
  let wake = (): void => undefined;
  const happened = (): void => {
    woken = true;
    wake();
  };
  const places = placesOf([paths.roster, ...stateFiles.map((name) => path.join(paths.state, name))]);
  // Where nothing can be watched, looking now and then is all there is.
  const files = watchPlaces(
    places,
    () => false,
    happened,
    () => undefined,
  );
  const tmux = watchTmux(socketName, happened);
  return {
    next: (ms) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          wake = () => undefined;
          woken = false;
          resolve();
        };
        const timer = setTimeout(done, ms);
        wake = done;
        if (woken) done();
      }),
    serverSeen: () => tmux.serverSeen(),
    close: () => {
      tmux.close();
      void files.close();
    },
  };
}
