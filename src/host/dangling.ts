import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * The symbolic link at this name, or on the way to it, that leads nowhere; null: there is none. Behind one may be a disk that is not
 * mounted: what is kept there is not gone.
 */
export function danglingLink(file: string): string | null {
  for (let at = file; ; at = path.dirname(at)) {
    const stat = fs.lstatSync(at, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink() === true) return fs.existsSync(at) ? null : at;
    if (stat !== undefined || path.dirname(at) === at) return null;
  }
}

/** What is wrong with such a link, behind its name. */
export const danglingProblem = (link: string): string =>
  `is a symbolic link to ${fs.readlinkSync(link)}, which is not there; mount or create it, or remove the link`;
