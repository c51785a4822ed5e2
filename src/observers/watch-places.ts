import * as fs from 'node:fs';
import * as path from 'node:path';
import { errorCode } from '../host/error-code.js';

/** A directory to be watched. */
export interface Place {
  /** The entries that matter. */
  readonly names: ReadonlySet<string>;
  /** Which directory has this name, by device and inode; '' where that cannot be told. A watch stays with the one it was set on. */
  readonly identity: string;
}

/** By the directories' names. */
export type Places = ReadonlyMap<string, Place>;

/** Longer chains of links than this the kernel does not follow either. */
const maxLinks = 40;

/**
 * Where somebody can change what these paths lead to: the directory of each file, every symbolic link on the way to it (a
 * dotfile repository, a release directory that is swapped by its link), the directory's own entry in its parent, and,
 * where a part of the way does not exist yet, the place at which it will appear.
 *
 * @param files absolute paths
 */
export function placesOf(files: readonly string[]): Places {
  const places = new Map<string, { readonly names: Set<string>; readonly identity: string }>();
  const add = (directory: string, name: string): void => {
    const place = places.get(directory) ?? { names: new Set(), identity: identityOf(directory) };
    place.names.add(name);
    places.set(directory, place);
  };
  for (const file of files) walk(file, add);
  return places;
}

function identityOf(directory: string): string {
  try {
    const stat = fs.statSync(directory, { throwIfNoEntry: false });
    return stat === undefined ? '' : `${stat.dev} ${stat.ino}`;
  } catch {
    return '';
  }
}

function walk(file: string, add: (directory: string, name: string) => void): void {
  let directory = '/';
  let rest = file.split('/').filter((part) => part !== '');
  for (let links = 0; rest.length > 0;) {
    const [name = '', ...after] = rest;
    const entry = path.join(directory, name);
    const found = lookAt(entry);
    if (found.kind !== 'entry') add(directory, name);
    if (found.kind === 'absent') return;
    if (found.kind === 'link') {
      links += 1;
      if (links > maxLinks) return;
      if (path.isAbsolute(found.target)) directory = '/';
      rest = [...found.target.split('/').filter((part) => part !== '' && part !== '.'), ...after];
      continue;
    }
    // The file itself, and its directory, which may be moved away and replaced as a whole.
    if (after.length <= 1) add(directory, name);
    directory = name === '..' ? path.dirname(directory) : entry;
    rest = after;
  }
}

type Found =
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'absent' }
  /** Anything else; what cannot be looked at counts as there. */
  | { readonly kind: 'entry' };

function lookAt(entry: string): Found {
  try {
    return { kind: 'link', target: fs.readlinkSync(entry) };
  } catch (error) {
    return { kind: errorCode(error) === 'ENOENT' ? 'absent' : 'entry' };
  }
}

export const samePlaces = (a: Places, b: Places): boolean =>
  a.size === b.size &&
  [...a].every(([directory, { names, identity }]) => {
    const other = b.get(directory);
    return (
      other?.identity === identity &&
      other.names.size === names.size &&
      [...names].every((name) => other.names.has(name))
    );
  });

/** Magic numbers of file systems that tell nothing of what others write (statfs(2), linux/magic.h). */
const withoutNotice: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x65735546, 'fuse'],
  [0x01021997, '9p'],
  [0x00c36400, 'ceph'],
  [0x5346414f, 'afs'],
  [0x786f4256, 'vboxsf'],
]);

/** Why a directory has to be looked at again and again instead of being watched, or null. */
export function noNotice(
  directory: string,
  typeOf: (directory: string) => number = (place) => fs.statfsSync(place).type,
): string | null {
  try {
    const name = withoutNotice.get(typeOf(directory) >>> 0);
    return name === undefined ? null : `on ${name}, which tells nothing of changes`;
  } catch {
    return null;
  }
}
