import * as fs from 'node:fs';
import * as path from 'node:path';
import { errorCode, readText, writeFileAtomic } from '../host/atomic-file.js';
import type { Asset } from '../host/assets.js';
import type { Paths } from '../host/paths.js';
import type { RenderEnvironment } from './agent-files.js';

/** One thing `install` did or would do. */
export interface FileChange {
  readonly kind: 'unit' | 'tool' | 'environment' | 'removed';
  readonly file: string;
  readonly what: 'written' | 'replaced' | 'removed';
}

export interface InstallInput {
  readonly assets: readonly Asset[];
  /** Values recorded for units and later commands. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
}

const manifestOf = (paths: Paths): string => path.join(paths.fleet, 'installed.json');

/**
 * Writes every host asset that differs, removes what an earlier version installed and this one does not, and records
 * the environment. Each file is replaced atomically; a second run changes nothing.
 *
 * @throws node's file system errors
 */
export function installFiles(
  paths: Paths,
  input: InstallInput,
  render: RenderEnvironment,
): readonly FileChange[] {
  const { assets, environment, dryRun } = input;
  const changes: FileChange[] = [];
  const write = (
    kind: 'unit' | 'tool' | 'environment',
    file: string,
    content: string,
    mode: number,
  ): void => {
    const before = readText(file);
    const sameMode = before.state === 'present' && (fs.statSync(file).mode & 0o777) === mode;
    if (before.state === 'present' && before.text === content && sameMode) return;
    changes.push({ kind, file, what: before.state === 'absent' ? 'written' : 'replaced' });
    if (!dryRun) writeFileAtomic(file, content, mode);
  };
  const listed = readManifest(paths);
  const targets = new Set(assets.map(({ target }) => target));
  // The manifest names everything before it exists: an install cut short can still be removed whole.
  if (!dryRun) writeManifest(paths, [...new Set([...listed, ...targets, paths.environment])]);
  for (const { kind, target, content, mode } of assets) write(kind, target, content, mode);
  const previous = readText(paths.environment);
  write(
    'environment',
    paths.environment,
    render(previous.state === 'present' ? previous.text : null, environment),
    0o600,
  );
  for (const file of listed) {
    if (targets.has(file) || file === paths.environment || !fs.existsSync(file)) continue;
    changes.push({ kind: 'removed', file, what: 'removed' });
    if (!dryRun) fs.rmSync(file);
  }
  if (!dryRun) writeManifest(paths, [...targets, paths.environment]);
  return changes;
}

/**
 * Removes exactly what `install` wrote, and directories of its own that are empty then.
 *
 * @param strip takes fleet's lines out of an env file's text
 * @throws node's file system errors
 */
export function uninstallFiles(paths: Paths, strip: (text: string) => string): readonly FileChange[] {
  const listed = readManifest(paths);
  const changes: FileChange[] = listed
    .filter((file) => file !== paths.environment)
    .flatMap((file) => removeFile('removed', file));
  // Last: it tells whose installation this is, for as long as some of it is left.
  if (listed.includes(paths.environment)) changes.push(...removeRecord(paths.environment, strip));
  fs.rmSync(manifestOf(paths), { force: true });
  for (const directory of [paths.fleetTools, paths.tmuxTools, path.dirname(paths.fleetTools)])
    removeIfEmpty(directory);
  return changes;
}

/** Lines outside fleet's block are the operator's: the file goes only where it holds none. */
function removeRecord(file: string, strip: (text: string) => string): readonly FileChange[] {
  const found = readText(file);
  if (found.state === 'unknown') throw new Error(found.message);
  if (found.state === 'absent') return [];
  const kept = strip(found.text);
  if (kept.trim() === '') return removeFile('environment', file);
  return writeFileAtomic(file, kept, 0o600) ? [{ kind: 'environment', file, what: 'replaced' }] : [];
}

function removeFile(kind: FileChange['kind'], file: string): readonly FileChange[] {
  try {
    fs.rmSync(file);
    return [{ kind, file, what: 'removed' }];
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return [];
  }
}

/** Removes the limits drop-ins that applies have written. */
export function removeLimits(paths: Paths): readonly FileChange[] {
  if (!fs.existsSync(paths.units)) return [];
  const directories = fs
    .readdirSync(paths.units)
    .filter((name) => /^mosaic-agent@.+\.service\.d$/.test(name));
  return directories.flatMap((name): readonly FileChange[] => {
    const file = path.join(paths.units, name, '50-fleet.conf');
    if (!fs.existsSync(file)) return [];
    fs.rmSync(file);
    removeIfEmpty(path.dirname(file));
    return [{ kind: 'removed', file, what: 'removed' }];
  });
}

/** Removes fleet's files about agents and all its state. The roster stays: it is the operator's. */
export function purge(paths: Paths): readonly FileChange[] {
  return [paths.agents, paths.state].flatMap((directory): readonly FileChange[] => {
    if (!fs.existsSync(directory)) return [];
    fs.rmSync(directory, { recursive: true });
    return [{ kind: 'removed', file: directory, what: 'removed' }];
  });
}

function readManifest(paths: Paths): readonly string[] {
  const content = readText(manifestOf(paths));
  if (content.state !== 'present') return [];
  try {
    const value: unknown = JSON.parse(content.text);
    const files: unknown = typeof value === 'object' && value !== null && 'files' in value ? value.files : [];
    return Array.isArray(files) ? files.filter((file) => typeof file === 'string') : [];
  } catch {
    return [];
  }
}

function writeManifest(paths: Paths, files: readonly string[]): void {
  const text = JSON.stringify({ formatVersion: '1.0', files: files.toSorted() }, null, 1);
  writeFileAtomic(manifestOf(paths), `${text}\n`, 0o644);
}

function removeIfEmpty(directory: string): void {
  try {
    fs.rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error))) throw error;
  }
}
