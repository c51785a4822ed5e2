import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as module from 'node:module';
import * as path from 'node:path';
import { build, transform } from 'esbuild';

/**
 * Builds the program as chunks: `main` holds what every command needs, `look` what asks systemd, `plan` what `plan` and an `apply` with nothing
 * to do need besides, `talk` what `agent send` needs, and each other chunk is read by whoever asks for it with `import()`. No module is in two of them.
 *
 * @returns where the launcher finds `main` and the library
 */
export async function writeChunks(out) {
  const { inputs, outputs, text } = await split();
  checkController(inputs);
  const chunks = chunksOf(outputs);
  const id = createHash('sha256')
    .update(JSON.stringify([[...chunks], [...text.values()]]))
    .digest('hex')
    .slice(0, 10);
  // Where the launcher finds what is in a file: in which chunk, which of its units, under which of the unit's names.
  const places = new Map(
    [...chunks].flatMap(([name, units]) =>
      units.flatMap((files, unit) => files.map((file, index) => [file, `${name}.${id}/${unit}/c${index}`])),
    ),
  );
  fs.mkdirSync(path.join(out, 'chunks'), { recursive: true });
  await Promise.all(
    [...chunks].map(async ([name, units]) => {
      const functions = await Promise.all(units.map((files) => joined(files, text, places)));
      const body = functions.map((code) => `function(exports,module){${code}\n}`).join(',\n');
      checkAscii(name, body);
      fs.writeFileSync(
        path.join(out, 'chunks', `${name}.${id}.js`),
        `(function(require,__dirname){return[${body}]})\n`,
      );
    }),
  );
  return {
    start: places.get(entryOf(outputs, 'src/cli/main.ts')),
    library: places.get(entryOf(outputs, 'src/index.ts')),
  };
}

/**
 * The launcher reads chunks as Latin-1, which spares the decoding. esbuild writes characters beyond ASCII by their numbers, but
 * not those of a regular expression: they would come to match something else, in the built program alone.
 */
function checkAscii(name, code) {
  const found = /.{0,60}[^\0-\x7f].{0,30}/.exec(code);
  if (found !== null)
    throw new Error(
      `a character beyond ASCII in the chunk ${name}; write it as \\u and its number: ${found[0]}`,
    );
}

const settings = {
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
};

/** esbuild's own splitting: a file for each set of modules that the same imports lead to. */
async function split() {
  const { metafile, outputFiles } = await build({
    ...settings,
    entryPoints: ['src/cli/main.ts', 'src/index.ts'],
    format: 'esm',
    splitting: true,
    metafile: true,
    outdir: 'split',
    legalComments: 'inline',
    // import.meta does not exist in CommonJS.
    define: { 'import.meta.dirname': '__dirname' },
    plugins: [builtins, packages],
  });
  return {
    ...metafile,
    text: new Map(outputFiles.map((file) => [path.relative('.', file.path), file.text])),
  };
}

/**
 * Node's modules as ES modules whose unused exports esbuild drops. Its own way is to copy all of a module's properties
 * for every file that imports it, getters that load more of Node included: a sixth of a start.
 */
const builtins = {
  name: 'builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^[a-z]/ }, ({ path: name, kind }) =>
      !module.isBuiltin(name)
        ? undefined
        : kind === 'require-call'
          ? { path: name, external: true }
          : { path: name, namespace: 'builtin' },
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path: name }) => {
      const names = Object.keys(module.createRequire(import.meta.url)(name)).filter(
        (key) => key !== 'default',
      );
      const exports = names.map(
        (key) => `export const ${key} = /* @__PURE__ */ nodeExport(${JSON.stringify(key)});`,
      );
      return {
        contents: `const nodeModule = require(${JSON.stringify(name)});\nconst nodeExport = (name) => nodeModule[name];\nexport default nodeModule;\n${exports.join('\n')}\n`,
        loader: 'js',
      };
    });
  },
};

/**
 * Packages with short names for what is local to a function: V8 keeps a chunk's text as long as the program runs. Our own names
 * stay, for whoever reads a stack trace.
 */
const packages = {
  name: 'packages',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, async ({ path: file }) => {
      const { code } = await transform(fs.readFileSync(file, 'utf8'), {
        minifyIdentifiers: true,
        legalComments: 'inline',
      });
      return { contents: code, loader: 'js' };
    }),
};

const entryOf = (outputs, source) => {
  const [file] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source) ?? [];
  if (file === undefined) throw new Error(`no chunk begins with ${source}`);
  return file;
};

const imports = (outputs, file, kind) =>
  outputs[file].imports.filter((one) => one.kind === kind && one.path in outputs).map((one) => one.path);

/** A chunk's file with all that it imports at once, deepest first. */
function closure(outputs, file, found = new Set()) {
  if (found.has(file)) return found;
  for (const other of imports(outputs, file, 'import-statement')) closure(outputs, other, found);
  return found.add(file);
}

/** An upgrade may remove the chunks under a controller: what it may need later it must have loaded at its start. */
function checkController(inputs) {
  const loaded = new Set();
  const later = new Set();
  const follow = (file) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { path: other, kind } of inputs[file].imports)
      if (kind === 'dynamic-import') later.add(other);
      else if (other in inputs) follow(other);
  };
  follow('src/cli/commands/run.ts');
  // Loaded at the start, where metrics are wanted.
  loaded.add('src/cli/run/metrics.ts');
  const missing = [...later].filter((file) => !loaded.has(file));
  if (missing.length > 0)
    throw new Error(
      `the controller would load ${missing.join(', ')} too late: let src/cli/commands/run.ts import it`,
    );
}

/** More files cost more to read than a little text that is not needed. */
const smallBytes = 30_000;

/**
 * Which files make up which chunk, in units that are run as one. What a start loads together, what `plan` does and what is
 * small is one chunk each.
 */
function chunksOf(outputs) {
  const chunks = new Map();
  const home = new Map();
  const add = (name, files) => {
    const free = files.filter((file) => !home.has(file));
    for (const file of free) home.set(file, name);
    if (free.length > 0) chunks.set(name, [...(chunks.get(name) ?? []), free]);
  };
  const closures = (...sources) => [
    ...new Set(sources.flatMap((source) => [...closure(outputs, entryOf(outputs, source))])),
  ];
  add('main', closures('src/cli/main.ts'));
  add('look', closures('src/cli/early-look.ts'));
  add('plan', closures('src/cli/commands/plan.ts', 'src/cli/commands/apply.ts'));
  add('talk', closures('src/cli/commands/agent-send.ts'));
  // Where code is shared, esbuild leaves nothing but `export … from` in the entry's own file.
  const isDoor = ({ entryPoint, inputs }) => entryPoint !== undefined && !(entryPoint in inputs);
  for (const [file, output] of Object.entries(outputs)) {
    if (isDoor(output)) continue;
    const shared = output.bytes < smallBytes ? 'shared' : largest(output.inputs);
    add(output.entryPoint === undefined ? shared : path.basename(output.entryPoint, '.ts'), [file]);
  }
  for (const [file, output] of Object.entries(outputs))
    if (isDoor(output)) add(home.get(ownerOf(outputs, output.entryPoint)), [file]);
  return chunks;
}

/** What a chunk mostly consists of: a package or a file. */
function largest(inputs) {
  const [source] = Object.keys(inputs).sort((a, b) => inputs[b].bytesInOutput - inputs[a].bytesInOutput);
  const [, inPackage] = /^node_modules\/(?:@[^/]+\/)?([^/]+)/.exec(source) ?? [];
  return (inPackage ?? path.basename(source, '.ts')).toLowerCase();
}

const ownerOf = (outputs, source) => {
  const [file] = Object.entries(outputs).find(([, { inputs }]) => source in inputs) ?? [];
  return file;
};

/** Files as one piece of CommonJS, which can be given a code cache. What it exports is a namespace for each of them. */
async function joined(files, text, places) {
  const resolve = {
    name: 'resolve',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /.*/ }, ({ path: wanted, resolveDir, kind }) => {
        const file = path.relative('.', path.resolve(resolveDir, wanted));
        if (!text.has(file)) return { path: wanted, external: true };
        if (files.includes(file) && kind === 'import-statement') return { path: file, namespace: 'split' };
        return { path: places.get(file), external: true };
      });
      onLoad({ filter: /.*/, namespace: 'split' }, ({ path: file }) => ({
        contents: text.get(file),
        resolveDir: path.resolve(path.dirname(file)),
        loader: 'js',
      }));
    },
  };
  const lines = files.map((file, index) => `export * as c${index} from './${file}';`);
  const { outputFiles } = await build({
    ...settings,
    stdin: { contents: lines.join('\n'), resolveDir: '.' },
    format: 'cjs',
    legalComments: 'eof',
    // `import()` inside a vm.Script, as the launcher makes one, fails in Node 20 without a callback; `require` does not.
    supported: { 'dynamic-import': false },
    plugins: [resolve],
  });
  return outputFiles[0].text;
}
