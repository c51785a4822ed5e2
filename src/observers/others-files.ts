import * as fs from 'node:fs';
import * as path from 'node:path';

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
  return first === undefined ? null : { directory, first: first.file, owner: first.uid, count: found.length };
}

type Closed = readonly { readonly file: string; readonly uid: number }[];

function closedBelow(file: string, self: number | undefined): Closed {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined || stat.isSymbolicLink()) return [];
  const { uid } = stat;
  // A file of another's is replaced by one of ours; a directory is written to.
  const needed = stat.isDirectory()
    ? fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK
    : fs.constants.R_OK;
  const closed = uid !== self && !allows(file, needed) ? [{ file, uid }] : [];
  return [...closed, ...namesIn(file, stat).flatMap((name) => closedBelow(path.join(file, name), self))];
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
