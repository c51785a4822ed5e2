import * as fs from 'node:fs';
import * as path from 'node:path';
import { danglingLink, danglingProblem } from './dangling.js';
import { errorCode } from './error-code.js';

/** So often it is tried again where somebody removes it meanwhile, an uninstall for one. */
const tries = 3;

/**
 * Makes a directory and the missing ones above it, for the operator alone (0700). One by one from the nearest that is there: Node's
 * `recursive` (20.19, 22) never returns where a file system says of a new name that it does not exist, as /proc does.
 *
 * @throws node's file system errors
 */
export function makeDirectory(directory: string): void {
  for (let left = tries; ; left -= 1) {
    try {
      makeBelow(directory);
      return;
    } catch (error) {
      if (left <= 1 || errorCode(error) !== 'ENOENT') throw error;
    }
  }
}

function makeBelow(directory: string): void {
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      if (isDirectory(directory)) return;
      const link = danglingLink(directory);
      if (link !== null)
        throw Object.assign(new Error(`${link} ${danglingProblem(link)}`), { code: 'EEXIST' });
    }
    const parent = path.dirname(directory);
    if (errorCode(error) !== 'ENOENT' || isDirectory(parent)) throw error;
    makeBelow(parent);
    makeBelow(directory);
  }
}

const isDirectory = (file: string): boolean =>
  fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
