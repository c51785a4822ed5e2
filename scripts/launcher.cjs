#!/usr/bin/env -S -u NODE_EXTRA_CA_CERTS node
// Starts fleet. Its chunks are run as scripts with V8's code cache, which spares about a third of the start-up: nothing
// is parsed or compiled that was compiled at build time. A cache of another Node is refused by V8 and costs nothing but
// the gain. The variable above has Node 20 read certificates at every start, which takes longer than Node itself; fleet
// talks to nobody outside.
'use strict';
const fs = require('node:fs');
const vm = require('node:vm');

const directory = `${__dirname}/chunks/`;
const write = process.env.FLEET_WRITE_CODE_CACHE;
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
  let cachedData;
  try {
    cachedData = fs.readFileSync(cache);
  } catch {
    // Built without one.
  }
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
      `${error?.code === 'FLEET_PART' ? error.message : `fleet: ${error?.stack ?? error}`}\n`,
    );
    process.exit(1);
  });
  load('@START@').main();
} else module.exports = load('@LIBRARY@');
