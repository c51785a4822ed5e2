import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileProblem, isThere } from '../host/atomic-file.js';

/** Why nothing can be written in a directory, or where it would be made; null: as far as can be told unwritten, something can. */
export function writingProblem(directory: string): string | null {
  const parent = path.dirname(directory);
  try {
    if (!isThere(directory) && parent !== directory) return writingProblem(parent);
    fs.accessSync(directory, fs.constants.W_OK | fs.constants.X_OK);
    const { bavail, bfree, blocks, ffree, files } = fs.statfsSync(directory);
    // Some is kept for root. What counts no blocks or files has none to spend.
    const free = process.getuid?.() === 0 ? bfree : bavail;
    return (blocks > 0 && free <= 0) || (files > 0 && ffree <= 0) ? 'no space left on the disk' : null;
  } catch (error) {
    return fileProblem(error);
  }
}
