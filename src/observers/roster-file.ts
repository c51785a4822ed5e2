import * as fs from 'node:fs';
import * as path from 'node:path';
import { errorCode, fileProblem } from '../host/atomic-file.js';

export type RosterText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly message: string; readonly missing: boolean };

/** A roster file larger than this is not read at all. */
const maxBytes = 8 * 1024 * 1024;

export function readRosterFile(file: string): RosterText {
  try {
    const stat = fs.statSync(file);
    const refuse = (what: string): RosterText => ({
      kind: 'unreadable',
      message: `${file}: ${what}`,
      missing: false,
    });
    if (stat.isDirectory()) return refuse('is a directory; a file is expected');
    // Reading a pipe or a device could block for ever.
    if (!stat.isFile()) return refuse('is not a regular file');
    if (stat.size > maxBytes) return refuse(`${stat.size} bytes is no roster`);
    return { kind: 'text', text: fs.readFileSync(file, 'utf8') };
  } catch (error) {
    const missing = errorCode(error) === 'ENOENT';
    return { kind: 'unreadable', message: `${file}: ${fileProblem(error)}`, missing };
  }
}

/** Where a kickstart template named in a roster is: relative to it, or to the operator's home. */
export const templateFile = (rosterFile: string, userHome: string, template: string): string =>
  template.startsWith('~/')
    ? path.join(userHome, template.slice(2))
    : path.resolve(path.dirname(rosterFile), template);

/** Reads a kickstart template named in a roster. */
export function templateReader(rosterFile: string, userHome: string) {
  return (template: string): { ok: true; text: string } | { ok: false; message: string } => {
    try {
      return { ok: true, text: fs.readFileSync(templateFile(rosterFile, userHome, template), 'utf8') };
    } catch (error) {
      return { ok: false, message: fileProblem(error) };
    }
  };
}
