import * as path from 'node:path';
import { watch } from 'chokidar';

export interface RosterWatch {
  close(): Promise<void>;
}

/**
 * Calls back whenever the roster, or a file beside it, may have changed. The directory is watched, not the file: editors
 * replace files by renaming, and one that does not exist yet has nothing to watch.
 *
 * @param polling for file systems without inotify
 */
export function watchRoster(
  file: string,
  polling: boolean,
  changed: () => void,
  failed: (message: string) => void,
): RosterWatch {
  const watcher = watch(path.dirname(file), {
    depth: 2,
    ignoreInitial: true,
    usePolling: polling,
    interval: 1000,
    // Fleet's own files change with every apply.
    ignored: (entry) => isFleetsOwn(path.relative(path.dirname(file), entry)),
  });
  watcher.on('all', () => changed());
  watcher.on('error', (error) => failed(error instanceof Error ? error.message : String(error)));
  return { close: () => watcher.close() };
}

function isFleetsOwn(relative: string): boolean {
  return (
    relative.endsWith('.tmp') || /^agents\/.*\.(json|launch)$/.test(relative) || relative === 'installed.json'
  );
}
