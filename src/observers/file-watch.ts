import * as path from 'node:path';
import { watch } from 'chokidar';

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
  let watcher = open(false);
  function open(polling: boolean) {
    const opened = watch(directory, {
      ...{ depth: 2, ignoreInitial: true, usePolling: polling, interval: 1000 },
      ignored: (entry) => ignored(path.relative(directory, entry)),
    });
    opened.on('all', () => changed());
    opened.on('error', (error) => {
      const message = error instanceof Error ? error.message : String(error);
      failed(`${directory}: ${message}${polling ? '' : '; looking every second instead'}`);
      if (polling) return;
      void opened.close();
      watcher = open(true);
    });
    return opened;
  }
  return { close: () => watcher.close() };
}

/** Fleet's own files beside the roster change with every apply. */
export const isFleetsOwn = (relative: string): boolean =>
  relative.endsWith('.tmp') || /^agents\/.*\.(json|launch)$/.test(relative) || relative === 'installed.json';

/** In the state directory only the operator's words matter. */
export const isNoWord = (relative: string): boolean =>
  relative !== '' && relative !== 'holds.json' && relative !== 'approvals.json';
