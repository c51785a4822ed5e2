/** What the one bundled file holds: the command, and the library that dist/index.mjs hands out of it. */
export { main } from './cli/main.js';
export * from './index.js';
