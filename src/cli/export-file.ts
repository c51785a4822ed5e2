import * as path from 'node:path';
import { fileProblem, readText, writeFileAtomic } from '../host/atomic-file.js';
import { displayPath } from '../host/paths.js';
import { isSameFile } from '../host/regular-file.js';
import { sameExport } from '../roster/export.js';
import type { Context } from './context.js';
import { CommandFailure, ExitCode } from './exit-code.js';
import { requireNoneOfOurs } from './own-files.js';
import { history } from './revision-choice.js';
import { currentRoster, replaceRoster, rosterText, setAside } from './roster-replacement.js';

/** It holds the values of env. */
const mode = 0o600;

/**
 * Writes an export. What the roster said before is kept, as by a rollback: somebody wrote it. An earlier export that says the
 * same stays.
 *
 * @throws CommandFailure 1, 64, 78
 */
export async function writeExport(context: Context, file: string, exported: string): Promise<void> {
  const { paths, print } = context;
  const target = path.resolve(file);
  const there = readText(target);
  const text = there.state === 'present' && sameExport(there.text, exported) ? there.text : exported;
  const isRoster = isSameFile(target, paths.roster);
  const shown = displayPath(target, paths.userHome);
  const said = (written: boolean): void =>
    print(written ? `wrote ${shown}` : `${shown} says that already. Nothing was changed.`);
  if (!isRoster) {
    requireNoneOfOurs(paths, file, 'the export');
    try {
      said(writeFileAtomic(target, text, mode, 'synced', 'expected'));
    } catch (error) {
      throw new CommandFailure(ExitCode.error, `cannot write ${file}: ${fileProblem(error)}`);
    }
    return;
  }
  const before = { text: rosterText(context), roster: await currentRoster(context) };
  const aside = before.text === text ? null : setAside(context, history(context), before, []);
  said(replaceRoster(context, before, text, [], mode));
  if (aside !== null) print(`What it said before is kept as ${aside}; see: fleet rollback --list`);
}
