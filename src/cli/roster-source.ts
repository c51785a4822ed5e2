import { readRosterFile, templateReader } from '../observers/roster-file.js';
import { displayPath } from '../host/paths.js';
import type { CompileContext } from '../roster/build.js';
import { compileQuickly, type RosterSource } from '../roster/quick-compile.js';
import { retained } from '../roster/retained.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';
import { missingHint } from './roster-missing.js';

/** Rosters do not hold their text: two texts that mean the same give equal rosters. */
const texts = new WeakMap<Roster, string>();

/** The text a roster was read from by {@link loadRoster}; null for any other roster. */
export const sourceTextOf = (roster: Roster): string | null => texts.get(roster) ?? null;

/**
 * Reads and compiles the roster. Where that takes the full parser, it is loaded now.
 *
 * @throws CommandFailure 78 with every diagnostic in its message
 */
export async function loadRoster(context: Context, file = context.paths.roster): Promise<Roster> {
  const [source, surroundings] = readSource(context, file);
  const quick = compileQuickly(source, surroundings);
  if (quick !== null) return withText(quick, source.text);
  const { compileOrThrow } = await import('./roster-text.js');
  return withText(compileOrThrow(source, surroundings), source.text);
}

/** @throws CommandFailure 78 where there is no text */
export function readSource(context: Context, file: string): readonly [RosterSource, CompileContext] {
  const { userHome } = context.paths;
  const source = readRosterFile(file);
  if (source.kind === 'unreadable') {
    const hint = source.missing ? missingHint(context, file) : '';
    const message = source.message.replace(file, () => displayPath(file, userHome));
    throw new CommandFailure(ExitCode.invalidRoster, `no roster to read: ${message}${hint}`);
  }
  return [
    { file: displayPath(file, userHome), text: source.text },
    { home: userHome, readTemplate: templateReader(file, userHome) },
  ];
}

export function withText(roster: Roster, text: string): Roster {
  texts.set(roster, text);
  return roster;
}

/** What was read now, with every part that is as before the same object as before. */
export function rereadAs(before: Roster, now: Roster): Roster {
  const roster = retained(before, now);
  const text = sourceTextOf(now);
  return text === null ? roster : withText(roster, text);
}
