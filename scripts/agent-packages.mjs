// Which agents the tests run, in which version, and where their programs are. Read by the installer and by the tests.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDirectory } from './npm-program.mjs';

/**
 * npm package, version and program of each runtime; `program` is a path below node_modules.
 * The `bin` of claude and opencode is a stub that an install script replaces by the
 * program of the platform's package; that program is taken directly, so that no script needs to run.
 */
const PACKAGES = {
  pi: { name: '@mariozechner/pi-coding-agent', version: '0.73.1', program: '.bin/pi' },
  gemini: { name: '@google/gemini-cli', version: '0.61.0', program: '.bin/gemini' },
  claude: {
    name: '@anthropic-ai/claude-code',
    version: '2.1.332',
    program: `@anthropic-ai/claude-code-linux-${process.arch}/claude`,
  },
  codex: { name: '@openai/codex', version: '0.171.0', program: '.bin/codex' },
  opencode: {
    name: 'opencode-ai',
    version: '1.18.33',
    program: `opencode-linux-${process.arch}/bin/opencode`,
  },
};

/** FLEET_AGENT_VERSIONS=claude=2.1.197,codex=0.169.0: these instead. A word that names none must not pass for a run with it. */
const others = Object.fromEntries(
  (process.env.FLEET_AGENT_VERSIONS ?? '')
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split('=')),
);

const strange = Object.keys(others).filter(
  (runtime) => !Object.hasOwn(PACKAGES, runtime) || !others[runtime],
);
if (strange.length > 0)
  throw new Error(`FLEET_AGENT_VERSIONS: ${strange.join(', ')} is no agent with a version`);

export const AGENTS = Object.fromEntries(
  Object.entries(PACKAGES).map(([runtime, its]) => [
    runtime,
    { ...its, version: others[runtime] ?? its.version },
  ]),
);

export const agentsCache = () => cacheDirectory('agents', process.env.FLEET_AGENTS_CACHE);

export const agentDirectory = (runtime) => path.join(agentsCache(), `${runtime}-${AGENTS[runtime].version}`);

export const agentProgram = (runtime) =>
  path.join(agentDirectory(runtime), 'node_modules', AGENTS[runtime].program);

/** A directory is moved to its place only when its program has run. */
export const isInstalled = (runtime) => fs.existsSync(agentProgram(runtime));
