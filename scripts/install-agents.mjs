// Installs the agents' programs for tests, each into a directory of its own below the cache, in the version named here.
//   node scripts/install-agents.mjs [--only pi,gemini]
// They are never dependencies: 1.3 GB that only test/agents needs. Exit status 0: everything asked for is there.
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { AGENTS, agentProgram, agentDirectory, agentsCache, isInstalled } from './agent-packages.mjs';

/** Megabytes below a directory, as the files say. */
const megabytes = (directory) => {
  const { stdout } = spawnSync('du', ['-sm', directory], { encoding: 'utf8' });
  return Number.parseInt(stdout, 10) || 0;
};

/** Installs beside its place and moves it there, so that a second installer or a killed one leaves nothing half done. */
function install(runtime) {
  const target = agentDirectory(runtime);
  fs.mkdirSync(agentsCache(), { recursive: true });
  const beside = fs.mkdtempSync(path.join(agentsCache(), `.${runtime}-`));
  try {
    const { name, version } = AGENTS[runtime];
    fs.writeFileSync(path.join(beside, 'package.json'), '{ "private": true }\n');
    // None of the five needs its install scripts: they fetch or link what the optional dependencies already hold.
    const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
    const npm = spawnSync('npm', [...words, '--prefix', beside, `${name}@${version}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    if (npm.status !== 0) return `npm install ${name}@${version} failed: ${lastLine(npm.stderr)}`;
    const said = programVersion(path.join(beside, path.relative(target, agentProgram(runtime))), beside);
    if (!said.includes(version))
      return `${name}@${version} does not run: ${said || 'no answer to --version'}`;
    fs.rmSync(path.join(beside, 'home'), { recursive: true, force: true });
    try {
      fs.renameSync(beside, target);
    } catch (error) {
      // Somebody else was faster.
      if (!isInstalled(runtime)) return `cannot move it to ${target}: ${error.message}`;
    }
    return null;
  } finally {
    fs.rmSync(beside, { recursive: true, force: true });
  }
}

const lastLine = (text) => (text ?? '').trim().split('\n').at(-1) || 'no message; try it by hand';

/** What the program prints for --version, in a home of its own: several write configuration files when first run. */
function programVersion(program, beside) {
  const home = path.join(beside, 'home');
  fs.mkdirSync(home);
  const { stdout, stderr, error } = spawnSync(program, ['--version'], {
    encoding: 'utf8',
    timeout: 60_000,
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, TERM: 'dumb', PI_OFFLINE: '1' },
  });
  return error?.message ?? `${stdout}${stderr}`.trim();
}

/** What killed installers left behind. A day is longer than any download. */
function removeLeftovers() {
  if (!fs.existsSync(agentsCache())) return;
  for (const name of fs.readdirSync(agentsCache()).filter((entry) => entry.startsWith('.'))) {
    const directory = path.join(agentsCache(), name);
    const age = Date.now() - (fs.statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
    if (age > 86_400_000) fs.rmSync(directory, { recursive: true, force: true });
  }
}

const only = process.argv.indexOf('--only');
const asked = only === -1 ? Object.keys(AGENTS) : (process.argv[only + 1] ?? '').split(',');
const strange = asked.filter((runtime) => !Object.hasOwn(AGENTS, runtime));
if (strange.length > 0) {
  console.error(
    `unknown: ${strange.join(', ')}. Write --only with some of: ${Object.keys(AGENTS).join(',')}`,
  );
  process.exit(64);
}
removeLeftovers();
let lacking = 0;
for (const runtime of asked) {
  const { name, version } = AGENTS[runtime];
  const there = isInstalled(runtime);
  const problem = there ? null : install(runtime);
  if (problem !== null) lacking += 1;
  const size = problem === null && !there ? `, ${megabytes(agentDirectory(runtime))} MB` : '';
  console.error(
    problem === null
      ? `${runtime}: ${name}@${version} ${there ? 'is there' : 'installed'}${size} (${agentDirectory(runtime)})`
      : `${runtime}: NOT INSTALLED. ${problem}`,
  );
}
if (lacking > 0) console.error(`${lacking} of ${asked.length} missing; tests of these are skipped`);
process.exit(lacking > 0 ? 1 : 0);
