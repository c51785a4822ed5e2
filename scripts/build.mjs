// Bundles the command and the library; node_modules is not needed at run time. The command is built as chunks.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';
import { writeChunks } from './chunks.mjs';
import { writeCodeCache } from './code-cache.mjs';
import { writeManualPage } from './man.mjs';

const root = path.dirname(import.meta.dirname);
process.chdir(root);
execFileSync(process.execPath, ['scripts/build-validator.mjs'], { stdio: 'inherit' });

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'eof',
  logLevel: 'warning',
};
// Bundled CommonJS packages still call require() for node's own modules.
const requireBanner =
  "import { createRequire as fleetRequire } from 'node:module'; const require = fleetRequire(import.meta.url);";
const module = { ...common, format: 'esm', banner: { js: requireBanner } };

// Built beside and moved into place, so that a command running meanwhile finds the old build or the new one.
const out = `build/dist.${process.pid}`;
const programs = [
  { entry: 'demo/story.ts', outfile: 'build/demo.mjs' },
  { entry: 'bench/main.ts', outfile: 'build/bench.mjs' },
  { entry: 'test/chaos/main.ts', outfile: 'build/soak.mjs' },
].filter(({ entry }) => fs.existsSync(entry));
const [places] = await Promise.all([
  writeChunks(out),
  ...programs.map(({ entry, outfile }) => build({ ...module, entryPoints: [entry], outfile })),
]);
fs.writeFileSync(`${out}/package.json`, '{ "type": "commonjs" }\n');
// The library is in the chunks already; as a module it only hands it out.
fs.copyFileSync('scripts/library.mjs', `${out}/index.mjs`);
const launcher = fs.readFileSync('scripts/launcher.cjs', 'utf8');
const { engines } = JSON.parse(fs.readFileSync('package.json', 'utf8'));
fs.writeFileSync(
  `${out}/fleet.js`,
  launcher
    .replace('@START@', places.start)
    .replace('@LIBRARY@', places.library)
    .replaceAll('@NODE@', engines.node.replace('>=', '')),
  { mode: 0o755 },
);
writeCodeCache(`${out}/fleet.js`, `${out}/chunks`);
await writeManualPage(out);

const old = `build/old.${process.pid}`;
if (fs.existsSync('dist')) fs.renameSync('dist', old);
fs.renameSync(out, 'dist');
fs.rmSync(old, { recursive: true, force: true });
