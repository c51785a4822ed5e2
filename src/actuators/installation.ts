import * as fs from 'node:fs';
import { readKeptText, readText, writeFileAtomic } from '../host/atomic-file.js';
import type { Asset } from '../host/assets.js';
import type { Paths } from '../host/paths.js';
import type { RenderEnvironment } from './agent-files.js';
import { readManifest, writeManifest } from './manifest.js';

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

/**
 * Writes every host asset that differs, removes what an earlier version installed and this one does not, and records
 * the environment. Each file is replaced atomically; a second run changes nothing.
 *
 * @throws node's file system errors, and where the recorded environment cannot be read
 */
export function installFiles(
  paths: Paths,
  input: InstallInput,
  render: RenderEnvironment,
): readonly FileChange[] {
  const { assets, environment, dryRun } = input;
  const previous = readKeptText(paths.environment);
  // It may hold lines of the site's own.
  if (previous.state === 'unknown') throw new Error(previous.message);
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
  const manifest = readManifest(paths);
  const listed = manifest.state === 'present' ? manifest.files : [];
  const targets = new Set(assets.map(({ target }) => target));
  // The manifest names everything before it exists: an install cut short can still be removed whole.
  if (!dryRun) writeManifest(paths, [...new Set([...listed, ...targets, paths.environment])]);
  // What is new first: a script that reads another one may be started in between.
  const isNew = ({ target }: Asset): number => (readText(target).state === 'absent' ? 0 : 1);
  for (const { kind, target, content, mode } of assets.toSorted((a, b) => isNew(a) - isNew(b)))
    write(kind, target, content, mode);
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
