// Installs the agents' programs for tests, each into a directory of its own below the cache, in the version named here.
//   node scripts/install-agents.mjs [--only pi,gemini]
// They are never dependencies: 1.3 GB that only test/agents needs. Exit status 0: everything asked for is there.
import { spawnSync } from 'node:child_process';
import { AGENTS, agentDirectory, isInstalled } from './agent-packages.mjs';
import { installProgram } from './npm-program.mjs';

/** Megabytes below a directory, as the files say. */
const megabytes = (directory) => {
  const { stdout } = spawnSync('du', ['-sm', directory], { encoding: 'utf8' });
  return Number.parseInt(stdout, 10) || 0;
};

const only = process.argv.indexOf('--only');
const asked = only === -1 ? Object.keys(AGENTS) : (process.argv[only + 1] ?? '').split(',');
const strange = asked.filter((runtime) => !Object.hasOwn(AGENTS, runtime));
if (strange.length > 0) {
  console.error(
    `unknown: ${strange.join(', ')}. Write --only with some of: ${Object.keys(AGENTS).join(',')}`,
  );
  process.exit(64);
}
let lacking = 0;
for (const runtime of asked) {
  const { name, version } = AGENTS[runtime];
  const there = isInstalled(runtime);
  const problem = there ? null : installProgram(AGENTS[runtime], agentDirectory(runtime));
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
