import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { onTestFinished } from 'vitest';
import { resolvePaths, type Paths } from '../../src/host/paths.js';

/** An empty directory that is removed after the test. Of that test: a hook of this module would be the first file's alone. */
export function temporary(): string {
  const directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'fleet-unit-')));
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Every place of fleet below one temporary home directory. */
export function temporaryPaths(): Paths {
  return resolvePaths({}, { HOME: temporary() });
}

export function write(file: string, text: string, mode = 0o600): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { mode });
}
