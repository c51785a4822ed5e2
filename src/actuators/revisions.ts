import * as fs from 'node:fs';
import { fileProblem, writeFileAtomic } from '../host/atomic-file.js';

/** So much is kept: so many rosters, so many bytes of them with their templates, and always the latest and the one in force. */
const maxCount = 50;
const maxBytes = 4 * 1024 * 1024;

/** One kept roster and its two files; how they are named is the observer's (observers/revisions.ts). */
export interface KeptFiles {
  readonly text: string;
  readonly facts: string;
}

/** What is written down of a roster. */
export interface KeptRoster {
  readonly text: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly valid: boolean;
  readonly templates: Readonly<Record<string, string>>;
}

/**
 * Writes a roster down, durable. The facts go first: a text without its templates could not be brought back truly, facts
 * without a text are nothing.
 *
 * @returns null, or why it could not be written
 */
export function keepRoster(files: KeptFiles, { text, ...facts }: KeptRoster): string | null {
  return attempt(files.text, () => {
    writeFileAtomic(files.facts, `${JSON.stringify({ formatVersion: '1.0', ...facts })}\n`, 0o600);
    writeFileAtomic(files.text, text, 0o600);
  });
}

/**
 * Removes the oldest beyond what is kept.
 *
 * @param kept oldest first
 * @param inForce one of them, which stays: what is in force while the file is broken; null: none was applied
 */
export function pruneRosters(kept: readonly KeptFiles[], inForce: KeptFiles | null): string | null {
  let bytes = 0;
  for (const [index, files] of kept.toReversed().entries()) {
    bytes += sizeOf(files.text) + sizeOf(files.facts);
    if (index === 0 || files === inForce || (index < maxCount && bytes <= maxBytes)) continue;
    const failure = removeRoster(files);
    if (failure !== null) return failure;
  }
  return null;
}

export function removeRoster(files: KeptFiles): string | null {
  return attempt(files.text, () => {
    fs.rmSync(files.text, { force: true });
    fs.rmSync(files.facts, { force: true });
  });
}

const sizeOf = (file: string): number => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function attempt(file: string, work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return `${file}: ${fileProblem(error)}`;
  }
}
