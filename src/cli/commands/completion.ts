import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Command } from 'commander';
import { packageRoot } from '../../host/assets.js';
import { candidates, type Candidate } from '../completion.js';
import type { Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { loadRoster } from '../roster-source.js';

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
export async function completeCommand(
  context: Context,
  program: Command,
  words: readonly string[],
): Promise<ExitCode> {
  const line = words.length === 0 ? [''] : words;
  const asked = { agents: false };
  const ask = (): readonly Candidate[] => {
    asked.agents = true;
    return [];
  };
  const offered = candidates(program, line, { agents: ask });
  // Most words take no roster.
  const known = asked.agents ? await agents(context) : null;
  const found = known === null ? offered : candidates(program, line, { agents: () => known });
  for (const { value, description } of found) context.print(`${value}\t${description.replace(/\s+/g, ' ')}`);
  return ExitCode.done;
}

/** While the roster is being edited it may be invalid: then those that are in force. */
async function agents(context: Context): Promise<readonly Candidate[]> {
  const roster = (await rosterOrNull(context)) ?? (await import('../last-good.js')).lastGoodRoster(context);
  return (roster?.agents ?? []).map(({ name, runtime }) => ({ value: name, description: runtime }));
}

async function rosterOrNull(context: Context): Promise<Roster | null> {
  try {
    return await loadRoster(context);
  } catch (error) {
    if (error instanceof CommandFailure) return null;
    throw error;
  }
}
