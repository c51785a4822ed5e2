import * as fs from 'node:fs';
import * as path from 'node:path';
import { danglingLink, danglingProblem } from './dangling.js';
import { makeDirectory } from './directory.js';
import { errorCode } from './error-code.js';
import { sweepLeftOvers, unfinishedName } from './left-overs.js';
import { inTheWay } from './owner.js';
import { readWhole, readWholeText } from './regular-file.js';

/**
 * Replaces a file's content in one step: a reader sees the old bytes or the new ones, also after a crash or on a full
 * disk. A symbolic link is followed, so that an operator's dotfile link stays a link; one that leads nowhere is refused.
 *
 * @param durability `synced` survives a power cut: data before the rename, directory after it. `derived` is for what the
 *   next pass can write again, and spares two waits for the disk
 * @param parents `made` makes missing directories, for files of fleet's own; `expected` is for a file that the operator names
 * @returns false where the file already had this content and mode, and nothing was written
 * @throws node's file system errors; the temporary file is removed first
 */
export function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  mode: number,
  durability: 'synced' | 'derived' = 'synced',
  parents: 'made' | 'expected' = 'made',
): boolean {
  const target = followLink(file);
  refuseDevice(target);
  if (hasContent(target, content, mode)) return false;
  const temporary = unfinishedName(target);
  try {
    const handle = openNew(temporary, mode, parents);
    try {
      fs.fchmodSync(handle, mode);
      fs.writeFileSync(handle, content);
      if (durability === 'synced') fs.fdatasyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    fs.renameSync(temporary, target);
  } catch (error) {
    discard(temporary);
    // The operator knows the file by its own name.
    if (isSystemError(error) && error.path === temporary) error.path = target;
    throw error;
  }
  if (durability === 'synced') syncDirectory(path.dirname(target));
  sweepLeftOvers(path.dirname(target));
  return true;
}

function discard(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // What kept it from being written keeps it from being looked at.
  }
}

function openNew(file: string, mode: number, parents: 'made' | 'expected'): number {
  try {
    return fs.openSync(file, 'wx', mode);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    const directory = path.dirname(file);
    if (parents === 'expected')
      throw Object.assign(new Error(`there is no directory ${directory}`), { code: 'ENODIRECTORY' });
    makeDirectory(directory);
    return fs.openSync(file, 'wx', mode);
  }
}

function hasContent(file: string, content: string | Uint8Array, mode: number): boolean {
  try {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    return (
      stat?.isFile() === true &&
      (stat.mode & 0o777) === mode &&
      fs.readFileSync(file).equals(Buffer.from(content))
    );
  } catch {
    return false;
  }
}

function followLink(file: string): string {
  if (fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return file;
  const target = targetOf(file);
  if (isThere(target)) return target;
  // `/dev/stdout` before a `|`: Linux names there what is open, and not a place.
  const message = 'leads to a pipe or the like, which has no name; a file is expected';
  throw Object.assign(new Error(message), { code: 'ENAMELESS', path: file });
}

function targetOf(link: string): string {
  try {
    return fs.realpathSync(link);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    // What it points at may be a disk that is not mounted: neither the link nor what is below the mount is to be made up.
    throw Object.assign(new Error(danglingProblem(link)), { code: 'EDANGLING', path: link });
  }
}

/** `--out /dev/null` of root's would take it from the whole host. */
function refuseDevice(file: string): void {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat?.isCharacterDevice() === true || stat?.isBlockDevice() === true)
    throw Object.assign(new Error('is a device; a file is expected'), { code: 'EDEVICE', path: file });
}

/** Whether something has that name, be it a link that leads nowhere. @throws node's file system errors: that is not to be told */
export const isThere = (file: string): boolean => fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;

function syncDirectory(directory: string): void {
  const handle = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** What a file holds: its text, nothing, or why that cannot be told. */
export type FileText =
  | { readonly state: 'present'; readonly text: string }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly message: string };

/** Reads a small text file. Only "no such file" counts as absent, and not where a link to it, or to a directory of it, leads nowhere. */
export const readText = (file: string): FileText =>
  readFile(() => readWhole(file, mostKept).toString('utf8'), file);

/**
 * The same for a file with lines of somebody else's, who may write it in place, and which are to be kept: what is not UTF-8 is
 * unknown.
 */
export const readKeptText = (file: string): FileText => readFile(() => readWholeText(file, mostKept), file);

/** A file larger than this is not read at all; the largest of them hold a roster. */
const mostKept = 64 * 1024 * 1024;

function readFile(read: () => string, file: string): FileText {
  try {
    return { state: 'present', text: read() };
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') return { state: 'unknown', message: `${file}: ${fileProblem(error)}` };
    const link = danglingLink(file);
    return link === null
      ? { state: 'absent' }
      : { state: 'unknown', message: `${link}: ${danglingProblem(link)}` };
  }
}

/** A file written so shortly before it was looked at may be written again without its times showing it. */
const racyMs = 2000;

/**
 * Names the content of files by identity, size and times, or null where times cannot tell yet: equal names, equal
 * content.
 */
export function stampOf(...files: readonly string[]): string | null {
  const parts: string[] = [];
  for (const file of files) {
    try {
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      if (stat === undefined) parts.push(danglingLink(file) ?? 'absent');
      else {
        const { dev, ino, size, mode, mtimeMs, ctimeMs } = stat;
        // A clock that was set back shows as a file of the future: no telling either.
        if (Date.now() - Math.max(mtimeMs, ctimeMs) < racyMs) return null;
        parts.push(`${dev} ${ino} ${size} ${mode} ${mtimeMs} ${ctimeMs}`);
      }
    } catch (error) {
      parts.push(errorCode(error));
    }
  }
  return parts.join('\n');
}

/** What names a file's content, for who looks at many files again and again and needs no text for it. */
export type FileStamp = Pick<fs.Stats, 'dev' | 'ino' | 'size' | 'mode' | 'mtimeMs' | 'ctimeMs'> | string;

/**
 * The same for one file.
 *
 * @param before what named it earlier: itself again where the file is the same, so that the two are compared by identity
 */
export function stampAgain(file: string, before: FileStamp | null): FileStamp | null {
  let stat: fs.Stats | undefined;
  try {
    stat = fs.statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    return errorCode(error);
  }
  if (stat === undefined) return danglingLink(file) ?? 'absent';
  const { dev, ino, size, mode, mtimeMs, ctimeMs } = stat;
  if (Date.now() - Math.max(mtimeMs, ctimeMs) < racyMs) return null;
  const same =
    before !== null &&
    typeof before !== 'string' &&
    before.ctimeMs === ctimeMs &&
    before.mtimeMs === mtimeMs &&
    before.ino === ino &&
    before.dev === dev &&
    before.size === size &&
    before.mode === mode;
  return same ? before : { dev, ino, size, mode, mtimeMs, ctimeMs };
}

/**
 * When a file was changed last, epoch milliseconds, and which file it is; null: there is none that could be looked at.
 *
 * @param now epoch milliseconds. A time of its content that lies ahead of it was brought along from another host
 */
export function changeOf(
  file: string,
  now: number,
): { readonly changedAt: number; readonly inode: string } | null {
  try {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    const { dev, ino, mtimeMs, ctimeMs } = stat;
    // A clock in whole milliseconds is behind a time within the same one.
    const [content, entry] = [Math.floor(mtimeMs), Math.floor(ctimeMs)];
    return { changedAt: content > now ? entry : Math.max(content, entry), inode: `${dev} ${ino}` };
  } catch {
    return null;
  }
}

/** What the kernel has refused, and no mistake of ours. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'errno' in error;

const pathOf = (error: unknown): string | undefined => (isSystemError(error) ? error.path : undefined);

/** A file system error in an operator's words, behind the file that it is of, where it names one. */
export function namedProblem(error: unknown): string {
  const file = pathOf(error);
  return `${file === undefined ? '' : `${file}: `}${fileProblem(error)}`;
}

/** The same without the file. */
export function fileProblem(error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return 'no such file or directory';
    case 'EACCES':
    case 'EPERM':
      return `permission denied${inTheWay(pathOf(error))}`;
    case 'EISDIR':
      return 'is a directory; a file is expected';
    case 'ENOTDIR':
      return 'a part of the path is a file; a directory is expected';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'no space left on the disk; free some and run the command again';
    case 'EIO':
      return 'the disk has failed (input/output error)';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ELOOP':
      return 'too many symbolic links';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
