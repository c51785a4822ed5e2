import * as fs from 'node:fs';
import * as path from 'node:path';
import { readKeptText, readText, writeFileAtomic } from '../host/atomic-file.js';
import { errorCode } from '../host/error-code.js';
import { homeOfUnit, type Asset } from '../host/assets.js';
import type { Paths } from '../host/paths.js';
import type { FileChange } from './installation.js';
import { readManifest, removeManifest } from './manifest.js';

export interface RemovalInput {
  /** What this version installs. */
  readonly assets: readonly Asset[];
  /** Takes fleet's lines out of an env file's text. */
  readonly strip: (text: string) => string;
  /** Also fleet's files about agents, and all its state. */
  readonly purge: boolean;
  readonly dryRun: boolean;
}

/**
 * Removes exactly what `install` wrote, the limits drop-ins that applies have written, and directories of its own that are
 * empty then. The roster stays: it is the operator's.
 *
 * @returns what was removed, or would be
 * @throws node's file system errors
 */
export function removeInstallation(paths: Paths, input: RemovalInput): readonly FileChange[] {
  const { assets, strip, purge, dryRun } = input;
  const changes: FileChange[] = [];
  const remove = (file: string): void => {
    if (fs.lstatSync(file, { throwIfNoEntry: false }) === undefined) return;
    changes.push({ kind: 'removed', file, what: 'removed' });
    if (!dryRun) fs.rmSync(file, { recursive: file === paths.agents || file === paths.state });
  };
  const manifest = readManifest(paths);
  const listed = manifest.state === 'present' ? manifest.files : recognized(assets, paths.home);
  const limits = limitsIn(paths.units);
  for (const file of [...listed.filter((file) => file !== paths.environment), ...limits]) remove(file);
  // The lock goes with the state: not before nobody can start anything any more.
  if (purge) for (const directory of [paths.agents, paths.state]) remove(directory);
  // Last: it tells whose installation this is, for as long as some of it is left.
  const kept = strippedRecord(paths.environment, strip);
  if (kept === '') remove(paths.environment);
  else if (kept !== null) {
    changes.push({ kind: 'environment', file: paths.environment, what: 'replaced' });
    if (!dryRun) writeFileAtomic(paths.environment, kept, 0o600);
  }
  if (!dryRun) {
    removeManifest(paths);
    for (const file of limits) removeIfEmpty(path.dirname(file));
    for (const directory of [paths.fleetTools, paths.tmuxTools, path.dirname(paths.fleetTools)])
      removeIfEmpty(directory);
  }
  return changes;
}

/**
 * What stands in the places of this version's files and is fleet's by its beginning, where no manifest tells: a home that was moved
 * has taken it along, and the units have stayed.
 */
const recognized = (assets: readonly Asset[], home: string): readonly string[] =>
  assets.flatMap(({ kind, target, content }) => {
    const found = readText(target);
    if (found.state !== 'present') return [];
    const ours = kind === 'unit' ? homeOfUnit(found.text) === home : headOf(found.text) === headOf(content);
    return ours ? [target] : [];
  });

/** Its first two lines: a script's interpreter, and what it is. */
const headOf = (text: string): string => text.split('\n', 2).join('\n');

/** Lines outside fleet's block are the operator's. @returns them; '': nothing would be left; null: none are fleet's */
function strippedRecord(file: string, strip: (text: string) => string): string | null {
  const found = readKeptText(file);
  if (found.state === 'unknown') throw new Error(found.message);
  if (found.state === 'absent') return null;
  const kept = strip(found.text);
  return kept === found.text ? null : kept.trim() === '' ? '' : kept;
}

function limitsIn(units: string): readonly string[] {
  return namesIn(units)
    .filter((name) => /^mosaic-agent@.+\.service\.d$/.test(name))
    .map((name) => path.join(units, name, '50-fleet.conf'));
}

const namesIn = (directory: string): readonly string[] =>
  fs.existsSync(directory) ? fs.readdirSync(directory) : [];

function removeIfEmpty(directory: string): void {
  try {
    fs.rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error))) throw error;
  }
}
