#!/usr/bin/env node
// Starts the bundle with V8's code cache, which spares about a third of the start-up: nothing is parsed or compiled
// that was compiled at build time. A cache of another Node is refused by V8 and costs nothing but the gain.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const file = path.join(__dirname, 'fleet.bundle.js');
const write = process.env.FLEET_WRITE_CODE_CACHE;
let cachedData;
try {
  if (write === undefined) cachedData = fs.readFileSync(path.join(__dirname, 'fleet.cache'));
} catch {
  // Built without one.
}
const head = '(function (exports, require, module, __filename, __dirname) {';
// esbuild writes ASCII, and a text known to be Latin-1 needs no decoding.
const script = new vm.Script(`${head}${fs.readFileSync(file, 'latin1')}\n})`, { filename: file, cachedData });
// After the run, so that functions compiled on first use are in it.
if (write !== undefined) process.on('exit', () => fs.writeFileSync(write, script.createCachedData()));
script.runInThisContext()(exports, require, module, file, __dirname);
module.exports.main();
