// Starts fleet. Its chunks are run as scripts with V8's code cache, which spares about a third of the start-up: nothing
// is parsed or compiled that was compiled at build time. This file alone is written for any Node, to be able to say that it is too old.
'use strict';
const fs = require('node:fs');
const vm = require('node:vm');

const directory = `${__dirname}/chunks/`;
const write = process.env.FLEET_WRITE_CODE_CACHE;
/**
 * The Node that the caches are of. V8 takes any cache of its own version and flags, and crashes with that of a Node that differs in
 * anything else: 20.19.0 and 20.20.2 have the same version of V8 by its own account.
 */
const madeBy = `${directory}node`;
const thisNode = () => `${process.version} ${process.arch} ${JSON.stringify(process.config)}`;
let cached;
const chunks = new Map();
const loaded = new Map();

/** @param place chunk/unit/name; anything else is a module of Node */
function load(place) {
  const [chunk, unit, name] = place.split('/');
  if (name === undefined) return require(place);
  const key = `${chunk}/${unit}`;
  let unitModule = loaded.get(key);
  if (unitModule === undefined) {
    if (!chunks.has(chunk)) chunks.set(chunk, read(chunk));
    unitModule = { exports: {} };
    loaded.set(key, unitModule);
    chunks.get(chunk)[unit](unitModule.exports, unitModule);
  }
  return unitModule.exports[name];
}

/** @returns the units of a chunk, as functions */
function read(chunk) {
  const filename = `${directory}${chunk}.js`;
  const cache = `${directory}${chunk}.cache`;
  if (cached === undefined) cached = isOurs();
  const cachedData = cached ? content(cache) : undefined;
  let script;
  try {
    // The build sees to it that this is ASCII, and a text known to be Latin-1 needs no decoding.
    script = new vm.Script(fs.readFileSync(filename, 'latin1'), { filename, cachedData });
  } catch (error) {
    throw missing(error instanceof SyntaxError ? `${filename} is damaged` : error.message);
  }
  // After the run, so that functions compiled on first use are in it.
  if (write !== undefined && cachedData === undefined)
    process.on('exit', () => fs.writeFileSync(cache, script.createCachedData()));
  return script.runInThisContext()(load, __dirname);
}

/** Whether the caches are of this very Node. The build's first run says of which they will be. */
function isOurs() {
  const made = content(madeBy);
  if (made === undefined && write !== undefined) fs.writeFileSync(madeBy, thisNode());
  return made === undefined ? write !== undefined : made.toString() === thisNode();
}

function content(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined; // Built without one.
  }
}

const missing = (message) =>
  Object.assign(
    new Error(
      `a part of fleet cannot be read: ${message}\nIf fleet was just updated, run the command again; otherwise install it again`,
    ),
    { code: 'FLEET_PART' },
  );

/** npm only warns of it, and Debian 12 has 18: there a function would be missing in the middle of a command. */
function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [oldest, oldestMinor] = '@NODE@'.split('.').map(Number);
  if (major > oldest || (major === oldest && minor >= oldestMinor)) return;
  process.stderr.write(
    `fleet needs Node @NODE@ or later; ${process.execPath} is ${process.versions.node}. Nothing was done\n` +
      'Install a later one, put it first in PATH, and run: fleet install\n',
  );
  process.exit(69);
}

if (require.main === module) {
  refuseOldNode();
  // Node would print the line of the source before it, which is half a chunk.
  process.once('uncaughtException', (error) => {
    process.stderr.write(
      `${error && error.code === 'FLEET_PART' ? error.message : `fleet: ${(error && error.stack) || error}`}\n`,
    );
    process.exit(1);
  });
  load('@START@').main();
} else module.exports = load('@LIBRARY@');
