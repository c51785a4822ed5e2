import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** Bundles a script that imports from `src/…` to a file that plain node runs in a process of its own. */
export function bundled(directory: string, source: string): string {
  const outfile = path.join(directory, 'bundled.mjs');
  const resolveDir = fileURLToPath(new URL('../../', import.meta.url));
  buildSync({
    stdin: { contents: source, resolveDir, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return outfile;
}
