import { lstatSync, readdirSync } from 'node:fs';
import * as path from 'node:path';

/** What is in some directories, by path: kind, size and time of change of everything below them. */
export type Listing = ReadonlyMap<string, string>;

export function list(directories: readonly string[]): Listing {
  const found = new Map<string, string>();
  const visit = (file: string): void => {
    let names: readonly string[] = [];
    try {
      const { mode, size, mtimeMs } = lstatSync(file);
      const directory = (mode & 0o170000) === 0o040000;
      // A directory's own time says nothing that its entries do not.
      found.set(file, directory ? 'directory' : `${mode} ${size} ${mtimeMs}`);
      if (directory) names = readdirSync(file);
    } catch {
      return; // not there, or not ours to read
    }
    for (const name of names) visit(path.join(file, name));
  };
  for (const directory of directories) visit(directory);
  return found;
}

/** What differs, one phrase per path. */
export function differences(before: Listing, after: Listing): readonly string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return paths.flatMap((file) => {
    if (before.get(file) === after.get(file)) return [];
    return [`${!before.has(file) ? 'created' : !after.has(file) ? 'removed' : 'changed'} ${file}`];
  });
}
