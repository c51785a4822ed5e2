import * as path from 'node:path';
import { readText, writeFileAtomic } from '../host/atomic-file.js';
import type { Paths } from '../host/paths.js';

/** Which files `install` has written. */
export const manifestFile = (paths: Paths): string => path.join(paths.fleet, 'installed.json');

export function readManifest(paths: Paths): readonly string[] {
  const content = readText(manifestFile(paths));
  if (content.state !== 'present') return [];
  try {
    const value: unknown = JSON.parse(content.text);
    const files: unknown = typeof value === 'object' && value !== null && 'files' in value ? value.files : [];
    return Array.isArray(files) ? files.filter((file) => typeof file === 'string') : [];
  } catch {
    return [];
  }
}

export function writeManifest(paths: Paths, files: readonly string[]): void {
  const text = JSON.stringify({ formatVersion: '1.0', files: files.toSorted() }, null, 1);
  writeFileAtomic(manifestFile(paths), `${text}\n`, 0o644);
}
