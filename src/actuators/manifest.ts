import * as fs from 'node:fs';
import * as path from 'node:path';
import { readText, writeFileAtomic } from '../host/atomic-file.js';
import type { Paths } from '../host/paths.js';

/** Which files `install` has written. */
const manifestFile = (paths: Paths): string => path.join(paths.fleet, 'installed.json');

/** Where one that says nothing is kept. */
export const damagedManifest = (paths: Paths): string => `${manifestFile(paths)}.damaged`;

export type Manifest =
  | { readonly state: 'present'; readonly files: readonly string[] }
  | { readonly state: 'absent' }
  /** Damaged, or it cannot be read. */
  | { readonly state: 'unknown' };

export function readManifest(paths: Paths): Manifest {
  const content = readText(manifestFile(paths));
  if (content.state !== 'present') return { state: content.state };
  try {
    const value: unknown = JSON.parse(content.text);
    const files: unknown =
      typeof value === 'object' && value !== null && 'files' in value ? value.files : null;
    const known = Array.isArray(files) && files.every((file) => typeof file === 'string');
    return known ? { state: 'present', files } : { state: 'unknown' };
  } catch {
    return { state: 'unknown' };
  }
}

/** @throws node's file system errors */
export function writeManifest(paths: Paths, files: readonly string[]): void {
  const text = JSON.stringify({ formatVersion: '1.0', files: files.toSorted() }, null, 1);
  setAsideUnknown(paths);
  writeFileAtomic(manifestFile(paths), `${text}\n`, 0o644);
}

/** @throws node's file system errors */
export function removeManifest(paths: Paths): void {
  setAsideUnknown(paths);
  fs.rmSync(manifestFile(paths), { force: true });
}

/** Somebody may still find in it what is left of an earlier version. */
function setAsideUnknown(paths: Paths): void {
  if (readManifest(paths).state === 'unknown') fs.renameSync(manifestFile(paths), damagedManifest(paths));
}
