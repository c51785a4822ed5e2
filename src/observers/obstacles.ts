import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileProblem } from '../host/atomic-file.js';

export interface Launch {
  readonly agent: string;
  /** Absolute. */
  readonly directory: string;
  readonly program: string;
  /** The PATH the agent will have. */
  readonly path: string;
}

/**
 * Why agents could not be launched: tmux falls back to another directory without a word, and a missing program only
 * shows as a pane that dies. Probed for gates, never part of a hash. Each directory and program is looked up once.
 */
export function findObstacles(launches: Iterable<Launch>): ReadonlyMap<string, string> {
  const directories = new Map<string, string | null>();
  const programs = new Map<string, string | null>();
  const obstacles = new Map<string, string>();
  for (const { agent, directory, program, path: searchPath } of launches) {
    const obstacle =
      remembered(directories, directory, () => directoryObstacle(directory)) ??
      remembered(programs, `${program.startsWith('/') ? '' : directory}\0${program}\0${searchPath}`, () =>
        programObstacle(program, searchPath, directory),
      );
    if (obstacle !== null) obstacles.set(agent, obstacle);
  }
  return obstacles;
}

function remembered(
  known: Map<string, string | null>,
  key: string,
  find: () => string | null,
): string | null {
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = find();
  known.set(key, found);
  return found;
}

function directoryObstacle(directory: string): string | null {
  try {
    if (!fs.statSync(directory).isDirectory()) return `working_directory ${directory} is not a directory`;
    fs.accessSync(directory, fs.constants.X_OK);
    return null;
  } catch (error) {
    return `working_directory ${directory}: ${fileProblem(error)}`;
  }
}

function programObstacle(program: string, searchPath: string, directory: string): string | null {
  if (program.includes('/')) {
    const file = path.resolve(directory, program);
    return isExecutable(file) ? null : `${program} is missing or not executable`;
  }
  return findProgram(program, searchPath, directory) === null
    ? `${program} is not in the agent's PATH`
    : null;
}

/** The file a program's name resolves to, as execvp(3) would, or null. */
export function findProgram(program: string, searchPath: string, directory: string): string | null {
  for (const entry of searchPath.split(':')) {
    const file = path.resolve(directory, entry, program);
    if (isExecutable(file)) return file;
  }
  return null;
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
