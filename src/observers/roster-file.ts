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

/** Reads a kickstart template named in a roster, relative to it. */
export function templateReader(rosterFile: string, userHome: string) {
  return (template: string): { ok: true; text: string } | { ok: false; message: string } => {
    const file = template.startsWith('~/')
      ? path.join(userHome, template.slice(2))
      : path.resolve(path.dirname(rosterFile), template);
    try {
      return { ok: true, text: fs.readFileSync(file, 'utf8') };
    } catch (error) {
      return { ok: false, message: fileProblem(error) };
    }
  };
}
