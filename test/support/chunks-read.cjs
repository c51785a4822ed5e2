// Preloaded by a test (`node -r`): at its end, the process writes to stderr which of fleet's chunks it has read.
'use strict';
const fs = require('node:fs');

const read = new Set();
const { readFileSync } = fs;
fs.readFileSync = (file, ...rest) => {
  const name = /\/dist\/chunks\/([a-z0-9-]+)\.[0-9a-f]+\.js$/.exec(String(file))?.[1];
  if (name !== undefined) read.add(name);
  return readFileSync(file, ...rest);
};
process.on('exit', () => fs.writeSync(2, `chunks: ${[...read].join(' ')}\n`));
