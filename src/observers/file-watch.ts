import { watch, type FSWatcher } from 'chokidar';
import * as path from 'node:path';
import { noNotice, type Places } from './watch-places.js';

export interface FileWatch {
  close(): Promise<void>;
}

const pollMs = 1000;

/**
 * Calls back whenever one of the entries may have changed, appeared or gone. Directories are watched, not files: editors
 * replace files by renaming, and one that does not exist yet has nothing to watch. A file system without inotify is
 * polled. Also calls back once when the watch is in place. A directory in the place of a watched one is told of, but not what is
 * changed in it: that takes a new watch, and no other one may have kept the old directory open (chokidar shares them by name).
 *
 * @param matters for names in these directories besides those that are listed
 * @param failed called with one line for the log
 */
export function watchPlaces(
  places: Places,
  matters: (directory: string, name: string) => boolean,
  changed: () => void,
  failed: (message: string) => void,
): FileWatch {
  const directories = [...places.keys()];
  const ignored = (entry: string): boolean => {
    if (places.has(entry)) return false;
    const [directory, name] = [path.dirname(entry), path.basename(entry)];
    return places.get(directory)?.names.has(name) !== true && !matters(directory, name);
  };
  let closed = false;
  const open = (polling: boolean): FSWatcher => {
    const opened = watch(directories, {
      ...{ depth: 0, ignoreInitial: true, usePolling: polling, interval: pollMs },
      // A link that is turned to another place is news by itself; what it leads to is a place of its own.
      ...{ followSymlinks: false, ignorePermissionErrors: true, ignored },
    });
    opened.on('all', () => changed());
    // A watched directory whose name another one has by now: chokidar 5 looks for names alone, and finds none new.
    opened.on('raw', (_, name, details) => {
      const directory = watchedPathOf(details);
      if (directory !== null && typeof name === 'string' && places.has(path.join(directory, name))) changed();
    });
    // What changed before the watch was in place tells nobody.
    opened.on('ready', () => changed());
    let replaced = false;
    opened.on('error', (error) => {
      // Where one watch fails, all do: the first error has replaced it already.
      if (replaced || closed) return;
      replaced = true;
      const message = error instanceof Error ? error.message : String(error);
      failed(`${directories.join(', ')}: ${message}${polling ? '' : '; looking every second instead'}`);
      if (polling) return;
      void opened.close();
      watcher = open(true);
    });
    return opened;
  };
  const mute = directories.map((directory) => ({ directory, why: noNotice(directory) }));
  const [first] = mute.filter(({ why }) => why !== null);
  if (first?.why != null) failed(`${first.directory} is ${first.why}; looking every second instead`);
  let watcher = open(first !== undefined);
  return {
    close: () => {
      closed = true;
      return watcher.close();
    },
  };
}

/** Where something happened, of what chokidar passes on from the kernel; null: it has asked the file system itself. */
const watchedPathOf = (details: unknown): string | null =>
  typeof details === 'object' &&
  details !== null &&
  'watchedPath' in details &&
  typeof details.watchedPath === 'string'
    ? details.watchedPath
    : null;
