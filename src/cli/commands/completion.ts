import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Command } from 'commander';
import { packageRoot } from '../../host/assets.js';
import { candidates, type Candidate } from '../completion.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { lastGoodRoster } from '../last-good.js';
import { loadRoster } from '../roster-source.js';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** Prints the script that teaches a shell to complete fleet's command line. */
export function completionCommand(context: Context, shell: string): ExitCode {
  const file = path.join(packageRoot(), 'framework', 'completion', `fleet.${shell}`);
  process.stdout.write(fs.readFileSync(file));
  if (process.stdout.isTTY) context.say(`\n${howToLoad(shell)}`);
  return ExitCode.done;
}

const howToLoad = (shell: string): string =>
  shell === 'fish'
    ? 'Load it with: fleet completion fish | source'
    : `Load it with: source <(fleet completion ${shell})`;

/** What those scripts call: one candidate per line, a tab before what it means. Never fails: a shell is in the middle of a line. */
export function completeCommand(context: Context, program: Command, words: readonly string[]): ExitCode {
  const found = candidates(program, words.length === 0 ? [''] : words, { agents: () => agents(context) });
  for (const { value, description } of found) context.print(`${value}\t${description.replace(/\s+/g, ' ')}`);
  return ExitCode.done;
}

/** While the roster is being edited it may be invalid: then those that are in force. */
function agents(context: Context): readonly Candidate[] {
  const roster = rosterOrNull(context) ?? lastGoodRoster(context);
  return (roster?.agents ?? []).map(({ name, runtime }) => ({ value: name, description: runtime }));
}

function rosterOrNull(context: Context): ReturnType<typeof loadRoster> | null {
  try {
    return loadRoster(context);
  } catch (error) {
    if (error instanceof CommandFailure) return null;
    throw error;
  }
}
