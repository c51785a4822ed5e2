import * as path from 'node:path';
import { displayPath } from '../../host/paths.js';
import type { Context } from '../context.js';
import { ExitCode } from '../exit-code.js';
import { loadRoster } from '../roster-source.js';

/** Checks a roster and nothing else. */
export async function validateCommand(context: Context, file: string | undefined): Promise<ExitCode> {
  const target = file === undefined ? context.paths.roster : path.resolve(file);
  const roster = await loadRoster(context, target);
  const count = roster.agents.length;
  context.print(
    `${displayPath(target, context.paths.userHome)} is valid: ${count} ${count === 1 ? 'agent' : 'agents'}, revision ${roster.revision.slice(0, 7)}`,
  );
  return ExitCode.done;
}
