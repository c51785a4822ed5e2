// Bundles the command and the library; node_modules is not needed at run time. The command starts from one file.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';
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
// import.meta does not exist in CommonJS, which starts faster than a module and can be given a code cache.
const commonjs = {
  ...common,
  format: 'cjs',
  // `import()` inside a vm.Script, as the launcher makes one, fails in Node 20 without a callback; `require` does not.
  supported: { 'dynamic-import': false },
  define: { 'import.meta.dirname': '__dirname', 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};
// Bundled CommonJS packages still call require() for node's own modules.
const requireBanner =
  "import { createRequire as fleetRequire } from 'node:module'; const require = fleetRequire(import.meta.url);";
// Metrics and the library behind them are read by whoever asks for them, and by no other start.
const metricsApart = {
  name: 'metrics-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/metrics\.js$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './fleet.metrics.js', external: true } : undefined,
    ),
};
const module = { ...common, format: 'esm', banner: { js: requireBanner } };

// Built beside and moved into place, so that a command running meanwhile finds the old build or the new one.
const out = `build/dist.${process.pid}`;
const programs = [
  { entry: 'demo/story.ts', outfile: 'build/demo.mjs' },
  { entry: 'bench/main.ts', outfile: 'build/bench.mjs' },
  { entry: 'test/chaos/main.ts', outfile: 'build/soak.mjs' },
].filter(({ entry }) => fs.existsSync(entry));
await Promise.all([
  build({
    ...commonjs,
    entryPoints: ['src/bundle.ts'],
    // Names stay: to give thousands of functions their names back at start costs more than short names save.
    outfile: `${out}/fleet.bundle.js`,
    plugins: [metricsApart],
  }),
  build({ ...commonjs, entryPoints: ['src/cli/run/metrics.ts'], outfile: `${out}/fleet.metrics.js` }),
  ...programs.map(({ entry, outfile }) => build({ ...module, entryPoints: [entry], outfile })),
]);
fs.writeFileSync(`${out}/package.json`, '{ "type": "commonjs" }\n');
// The library is in the bundle already; as a module it only hands it out.
fs.copyFileSync('scripts/library.mjs', `${out}/index.mjs`);
fs.copyFileSync('scripts/launcher.cjs', `${out}/fleet.js`);
fs.chmodSync(`${out}/fleet.js`, 0o755);
writeCodeCache(`${out}/fleet.js`, `${out}/fleet.cache`);
await writeManualPage(out);

const old = `build/old.${process.pid}`;
if (fs.existsSync('dist')) fs.renameSync('dist', old);
fs.renameSync(out, 'dist');
fs.rmSync(old, { recursive: true, force: true });
