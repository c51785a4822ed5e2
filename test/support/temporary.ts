import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach } from 'vitest';
import { resolvePaths, type Paths } from '../../src/host/paths.js';

const made: string[] = [];

/** An empty directory that is removed after the test. */
export function temporary(): string {
  const directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'fleet-unit-')));
  made.push(directory);
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

afterEach(() => {
  for (const directory of made.splice(0)) fs.rmSync(directory, { recursive: true, force: true });
});
