import * as fs from 'node:fs';
import { isatty } from 'node:tty';
import { errorCode } from './error-code.js';

/** Of a process's first three files those that are terminals. Asked at once: one that was hung up is none any more. */
const given = [0, 1, 2].filter((file) => isatty(file));

/** Those of them that were hung up since. Not everybody is told by SIGHUP: what runs in the background is not. */
export const lostTerminals = (): readonly number[] => given.filter((file) => !isatty(file));

/**
 * Watches the terminal that this process was begun on, if it was.
 *
 * @returns tells whether it is gone: hung up, or taken from all that its shell has begun, as the kernel does where the shell dies first
 */
export function watchTerminal(): () => boolean {
  const ours = given.length > 0 && isControlled();
  return () => lostTerminals().length > 0 || (ours && !isControlled());
}

function isControlled(): boolean {
  try {
    fs.closeSync(fs.openSync('/dev/tty', 'r'));
    return true;
  } catch (error) {
    return errorCode(error) !== 'ENXIO';
  }
}

/** Whether EIO from a file says that its terminal is gone, before we began or since, and not that a disk fails. */
export function isDevice(file: number): boolean {
  try {
    return fs.fstatSync(file).isCharacterDevice();
  } catch {
    return false;
  }
}

let lettingGo = false;

/**
 * Node (20 to 24) gives the terminals that it began with their modes back when it ends, and aborts where one does not take them
 * (SIGABRT, with a core): the exit code of what was done would be lost. It leaves alone what was opened anew.
 */
export function letGoOfLostTerminals(): void {
  if (lettingGo) return;
  lettingGo = true;
  process.on('exit', () => {
    for (const file of lostTerminals()) {
      fs.closeSync(file);
      // The lowest that is free: the same number.
      fs.openSync('/dev/null', 'r+');
    }
  });
}
