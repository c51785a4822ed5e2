// Builds, then runs every suite: unit and properties here, integration, e2e, chaos and agents beside a private user manager.
// Ends with one line that counts over all of them, skips included.
//   --agents   the real agents alone, all five, installed first; otherwise two of them, if they are installed or can be
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { AGENTS, agentsCache } from './agent-packages.mjs';

const root = path.dirname(import.meta.dirname);
process.chdir(root);
const results = path.join(root, 'build', 'test-results');
fs.rmSync(results, { recursive: true, force: true });
fs.mkdirSync(results, { recursive: true });

const run = (program, args) =>
  spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
if (run(process.execPath, ['scripts/build.mjs']) !== 0) process.exit(1);

const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
const agentsAlone = process.argv[2] === '--agents';
const filters = process.argv.slice(agentsAlone ? 3 : 2);

// Two for every run: gemini is the smallest and the strictest about Enter, pi holds what is typed while it works.
// Until their suite has proven itself over many runs, real agents are tested by `npm run test:agents`, or where they are named.
const withAgents = agentsAlone || process.env.FLEET_TEST_AGENTS !== undefined;
process.env.FLEET_TEST_AGENTS ??= agentsAlone ? Object.keys(AGENTS).join(',') : 'pi,gemini';
// The private home has no cache.
process.env.FLEET_AGENTS_CACHE = agentsCache();
// What could not be installed is skipped, by name.
if (withAgents)
  run(process.execPath, ['scripts/install-agents.mjs', '--only', process.env.FLEET_TEST_AGENTS]);

const suites = [
  { name: 'unit', projects: ['unit', 'properties'], beside: [] },
  { name: 'integration', projects: ['integration'], beside: ['test/support/with-user-manager', '--'] },
  { name: 'e2e', projects: ['e2e'], beside: ['test/support/with-user-manager', '--'] },
  { name: 'chaos', projects: ['chaos'], beside: ['test/support/with-user-manager', '--'] },
  {
    name: 'agents',
    projects: ['agents'],
    beside: ['test/support/loopback-only', 'test/support/with-user-manager', '--'],
  },
].filter(({ name }) => (name === 'agents' ? withAgents : !agentsAlone));

const total = { passed: 0, failed: 0, skipped: 0 };
for (const { name, projects, beside } of suites) {
  const report = path.join(results, `${name}.json`);
  const words = [
    ...beside,
    process.execPath,
    ...[vitest, 'run', ...projects.flatMap((project) => ['--project', project])],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters],
  ];
  console.log(`\n== ${projects.join(', ')}`);
  const status = run(words[0], words.slice(1));
  if (!fs.existsSync(report)) {
    console.error(`${name}: no result was written (exit status ${status})`);
    // 69: this machine cannot run a private user manager; the message above says what is missing.
    if (status === 69) process.exit(69);
    total.failed += 1;
    continue;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    fs.readFileSync(report, 'utf8'),
  );
  total.passed += numPassedTests;
  total.failed += numFailedTests;
  total.skipped += numPendingTests + numTodoTests;
  // A file that could not even be loaded has no failed test, and an unhandled error outside a test has none either.
  const broken = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  total.failed += broken;
  if (status !== 0 && numFailedTests + broken === 0) total.failed += 1;
}
fs.writeFileSync(path.join(results, 'total.json'), JSON.stringify(total));
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
