import * as path from 'node:path';
import { fileProblem } from '../host/atomic-file.js';
import { errorCode } from '../host/error-code.js';
import { readWholeText } from '../host/regular-file.js';

export type RosterText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly message: string; readonly missing: boolean };

/** A roster file larger than this is not read at all. */
const mostOfRoster = 8 * 1024 * 1024;
/** The same for a kickstart template, which is pasted into a terminal in one piece. */
const mostOfTemplate = 1024 * 1024;

export function readRosterFile(file: string): RosterText {
  try {
    return { kind: 'text', text: readWholeText(file, mostOfRoster, true) };
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
      const file = templateFile(rosterFile, userHome, template);
      return { ok: true, text: readWholeText(file, mostOfTemplate, true) };
    } catch (error) {
      return { ok: false, message: fileProblem(error) };
    }
  };
}
