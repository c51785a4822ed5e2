import * as fs from 'node:fs';
import * as path from 'node:path';
import { displayPath, type Paths } from '../host/paths.js';
import { CommandFailure, ExitCode } from './exit-code.js';

/** Units of fleet's, and their drop-ins; other units in that directory are the operator's. */
const ownUnit = /^mosaic-(?:agent@|tmux-holder\.service|fleet\.service)/;

/**
 * A file that a command is told to write is not to take the place of one by which fleet runs: the record of a conversation, a hold,
 * an agent's environment. By whatever name it is called; where nothing is yet, something of fleet's may come to be.
 *
 * @param what what is to be written, e.g. `the plan`
 * @throws CommandFailure 64
 */
export function requireNoneOfOurs(paths: Paths, given: string, what: string): void {
  if (!isOurs(paths, placeOf(path.resolve(given)))) return;
  throw new CommandFailure(
    ExitCode.usage,
    `${given} is where fleet keeps its own files (see ${displayPath(paths.state, paths.userHome)}, ${displayPath(paths.fleet, paths.userHome)}); give ${what} a file elsewhere`,
  );
}

function isOurs({ state, agents, fleetTools, tmuxTools, fleet, environment, units }: Paths, place: string) {
  const below = (directory: string): string | null => {
    const relative = path.relative(placeOf(directory), place);
    return relative === '..' || relative.startsWith('../') ? null : relative;
  };
  if ([state, agents, fleetTools, tmuxTools].some((directory) => below(directory) !== null)) return true;
  if (ownUnit.test(below(units) ?? '')) return true;
  return [environment, path.join(fleet, 'installed.json')].some((file) => placeOf(file) === place);
}

/** An absolute path without symbolic links, also where its end is not there. */
function placeOf(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    const parent = path.dirname(file);
    return parent === file ? file : path.join(placeOf(parent), path.basename(file));
  }
}
