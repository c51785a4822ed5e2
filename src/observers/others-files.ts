import * as fs from 'node:fs';
import * as path from 'node:path';
import { ownerOf, type Owned } from '../host/owner.js';

/** What somebody else has left in a directory of fleet's, root by a `sudo` for example, so that this user cannot use it. */
export interface OthersFiles {
  readonly directory: string;
  readonly first: string;
  readonly owner: number;
  /** How many, the first included. */
  readonly count: number;
}

/** Looks through a whole directory. @returns null: everything of others in it, if anything, can be used */
export function othersFiles(directory: string): OthersFiles | null {
  const found = closedBelow(directory, process.geteuid?.());
  const [first] = found;
  if (first === undefined) return null;
  // What is above the directory may be what is in the way.
  const within = first.file.startsWith(directory) ? directory : first.file;
  return { directory: within, first: first.file, owner: first.uid, count: found.length };
}

function closedBelow(file: string, self: number | undefined): readonly Owned[] {
  const stat = entryAt(file);
  if (stat === 'hidden') {
    const owned = ownerOf(file);
    return owned === null || owned.uid === self ? [] : [owned];
  }
  if (stat === null || stat.isSymbolicLink()) return [];
  const { uid } = stat;
  // A file of another's is replaced by one of ours; a directory is written to.
  const { R_OK, W_OK, X_OK } = fs.constants;
  const closed = uid !== self && !allows(file, stat.isDirectory() ? R_OK | W_OK | X_OK : R_OK);
  return [
    ...(closed ? [{ file, uid }] : []),
    ...namesIn(file, stat).flatMap((name) => closedBelow(path.join(file, name), self)),
  ];
}

/** @returns null: it is not there; hidden: a directory above it is closed */
function entryAt(file: string): fs.Stats | null | 'hidden' {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    return 'hidden';
  }
}

function allows(file: string, mode: number): boolean {
  try {
    fs.accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

function namesIn(directory: string, stat: fs.Stats): readonly string[] {
  try {
    return stat.isDirectory() ? fs.readdirSync(directory) : [];
  } catch {
    return [];
  }
}
