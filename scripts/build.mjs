// Bundles the command and the library into one file each; node_modules is not needed at run time.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';

const root = path.dirname(import.meta.dirname);
process.chdir(root);
execFileSync(process.execPath, ['scripts/build-validator.mjs'], { stdio: 'inherit' });

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // Bundled CommonJS packages still call require() for node's own modules.
  banner: {
    js: "import { createRequire as fleetRequire } from 'node:module'; const require = fleetRequire(import.meta.url);",
  },
  legalComments: 'eof',
  logLevel: 'warning',
};
fs.rmSync('dist', { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/fleet.js',
    banner: { js: `#!/usr/bin/env node\n${common.banner.js}` },
    minifySyntax: true,
    minifyWhitespace: true,
  }),
  build({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/index.js' }),
  ...(fs.existsSync('demo/story.ts')
    ? [build({ ...common, entryPoints: ['demo/story.ts'], outfile: 'build/demo.mjs' })]
    : []),
  ...(fs.existsSync('bench/main.ts')
    ? [build({ ...common, entryPoints: ['bench/main.ts'], outfile: 'build/bench.mjs' })]
    : []),
]);
fs.chmodSync('dist/fleet.js', 0o755);
