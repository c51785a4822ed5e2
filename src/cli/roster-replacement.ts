import * as fs from 'node:fs';
import { fileProblem, isThere, writeFileAtomic } from '../host/atomic-file.js';
import { displayPath } from '../host/paths.js';
import type { Revision } from '../observers/revisions.js';
import { readRosterFile, templateFile, templateReader } from '../observers/roster-file.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';
import { loadRoster } from './roster-source.js';
import { keep, shortId, templatesOf, textId } from './revision-history.js';

/** A kickstart template that says something else than when a roster was kept. */
export interface ChangedTemplate {
  /** As written in the roster. */
  readonly path: string;
  readonly file: string;
  readonly then: string;
  /** null: it cannot be read. */
  readonly now: string | null;
}

/** The roster file as it is about to be replaced. */
export interface Replaced {
  /** null: there is no file. */
  readonly text: string | null;
  /** null: it is no valid roster. */
  readonly roster: Roster | null;
}

/** What the roster file says, valid or not; null where there is none. @throws CommandFailure 78 where it cannot be read */
export function rosterText({ paths }: Context): string | null {
  const found = readRosterFile(paths.roster);
  if (found.kind === 'text') return found.text;
  if (found.missing) return null;
  throw new CommandFailure(
    ExitCode.invalidRoster,
    `no roster to replace: ${found.message}\nNothing was changed`,
  );
}

/** The roster in the file; null where the file holds none. */
export async function currentRoster(context: Context): Promise<Roster | null> {
  try {
    return await loadRoster(context);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return null;
  }
}

export function changedTemplates({ paths }: Context, { templates }: Revision): readonly ChangedTemplate[] {
  const read = templateReader(paths.roster, paths.userHome);
  return Object.entries(templates).flatMap(([path, then]): readonly ChangedTemplate[] => {
    const found = read(path);
    const now = found.ok ? found.text : null;
    return now === then ? [] : [{ path, then, now, file: templateFile(paths.roster, paths.userHome, path) }];
  });
}

/**
 * Keeps what is about to be replaced, where it is not kept already: nothing that somebody wrote is lost.
 *
 * @returns where it is kept, or null
 * @throws CommandFailure 1
 */
export function setAside(
  context: Context,
  revisions: readonly Revision[],
  { text, roster }: Replaced,
  templates: readonly ChangedTemplate[],
): string | null {
  const unread = templates.find(({ file, now }) => now === null && isThere(file));
  if (unread !== undefined)
    throw new CommandFailure(
      ExitCode.error,
      `nothing was changed, since ${unread.file} cannot be read and so not be kept\nMove it away, and run it again`,
    );
  const overwritten = templates.flatMap(({ path, now }) => (now === null ? [] : [[path, now] as const]));
  if (overwritten.length === 0 && text === null) return null;
  const isKept = (one: Revision): boolean =>
    one.text === (text ?? '') && overwritten.every(([path, now]) => one.templates[path] === now);
  if (revisions.some(isKept)) return null;
  const id = roster === null ? textId(text ?? '') : shortId(roster.revision);
  const failure = keep(context, { id, kind: 'set-aside' }, text ?? '', {
    valid: roster !== null,
    templates: { ...(roster === null ? {} : templatesOf(roster)), ...Object.fromEntries(overwritten) },
  });
  if (failure !== null) {
    throw new CommandFailure(
      ExitCode.error,
      `nothing was changed, since what the roster says now cannot be kept: ${failure}`,
    );
  }
  return `revision ${(revisions.at(-1)?.number ?? 0) + 1}`;
}

/**
 * Writes templates and then the roster, each in one step, modes and links kept.
 *
 * @param mode the roster's, where it is not to be kept
 * @returns false where the roster said that already
 * @throws CommandFailure 1
 */
export function replaceRoster(
  context: Context,
  before: Replaced,
  text: string,
  templates: readonly ChangedTemplate[],
  mode?: number,
): boolean {
  const { roster, userHome } = context.paths;
  const shown = displayPath(roster, userHome);
  // Between the two looks lies the keeping of the old text; an editor may have saved.
  if (rosterText(context) !== before.text) {
    throw new CommandFailure(
      ExitCode.error,
      `${shown} was changed by somebody meanwhile; nothing was written. Run it again`,
    );
  }
  try {
    for (const { file, then } of templates) writeFileAtomic(file, then, modeOf(file, 0o644));
    // Values of `env` stand in it.
    return writeFileAtomic(roster, text, mode ?? modeOf(roster, 0o600));
  } catch (error) {
    const file =
      error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : shown;
    throw new CommandFailure(ExitCode.error, `cannot write ${file}: ${fileProblem(error)}`);
  }
}

const modeOf = (file: string, fresh: number): number =>
  (fs.statSync(file, { throwIfNoEntry: false })?.mode ?? fresh) & 0o777;
