import * as fs from 'node:fs';
import * as path from 'node:path';
import { watch, type FSWatcher } from 'chokidar';

export interface FileWatch {
  close(): Promise<void>;
}

/**
 * Calls back whenever something below a directory may have changed. Directories are watched, not files: editors replace
 * files by renaming, and one that does not exist yet has nothing to watch. A file system without inotify is polled.
 *
 * @param ignored for paths relative to the directory that are nobody's business
 * @param failed called with one line for the log
 */
export function watchDirectory(
  directory: string,
  ignored: (relative: string) => boolean,
  changed: () => void,
  failed: (message: string) => void,
): FileWatch {
  const open = (polling: boolean): FSWatcher => {
    const opened = watch(directory, {
      ...{ depth: 2, ignoreInitial: true, usePolling: polling, interval: 1000 },
      ignored: (entry) => ignored(path.relative(directory, entry)),
    });
    opened.on('all', () => changed());
    let replaced = false;
    opened.on('error', (error) => {
      // Where one watch fails, all do: the first error has replaced it already.
      if (replaced) return;
      replaced = true;
      const message = error instanceof Error ? error.message : String(error);
      failed(`${directory}: ${message}${polling ? '' : '; looking every second instead'}`);
      if (polling) return;
      void opened.close();
      watcher = open(true);
    });
    return opened;
  };
  let watcher = open(false);
  return { close: () => watcher.close() };
}

/**
 * Beside the roster only the roster itself, the agents' env files and its kickstart templates matter: in the same
 * directory may live anything, also the agents' own work.
 *
 * @param templates as they stand in the roster, relative to it
 */
export function isNoRosterMatter(rosterName: string, templates: () => readonly string[]) {
  return (relative: string): boolean => {
    if (relative === '' || relative === rosterName || relative === 'agents') return false;
    if (/^agents\/[^/]+\.env$/.test(relative)) return false;
    return !templates().some((template) => template === relative || template.startsWith(`${relative}/`));
  };
}

/** In the state directory only the operator's words matter. */
export const isNoWord = (relative: string): boolean =>
  relative !== '' && relative !== 'holds.json' && relative !== 'approvals.json';

/** Names the directory that a path leads to now: another one once a link on the way was changed. */
export function directoryIdentity(directory: string): string {
  try {
    const { dev, ino } = fs.statSync(directory);
    return `${dev}:${ino}`;
  } catch {
    return '';
  }
}
