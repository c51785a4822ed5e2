// Builds, then runs every suite: unit and properties here; integration, e2e, chaos and agents file by file (small ones in packs),
// several at once, each beside a private user manager of its own. Ends with one line that counts over all of them, skips included.
//   --agents   the real agents alone, all five, installed first
//   FILTER…    only test files whose path contains one of these
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { AGENTS, agentsCache, isInstalled } from './agent-packages.mjs';

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

// pi and gemini are the two smallest, and the two strictest about how they are typed to. FLEET_TEST_AGENTS= (empty): none.
process.env.FLEET_TEST_AGENTS ??= agentsAlone ? Object.keys(AGENTS).join(',') : 'pi,gemini';
const withAgents = process.env.FLEET_TEST_AGENTS !== '';
// The private home has no cache.
process.env.FLEET_AGENTS_CACHE = agentsCache();
// What could not be installed is skipped, by name.
if (withAgents)
  run(process.execPath, ['scripts/install-agents.mjs', '--only', process.env.FLEET_TEST_AGENTS]);

// Node 20 reads these at every start, 50 ms of it, and from here on nobody talks to a host outside.
delete process.env.NODE_EXTRA_CA_CERTS;

const manager = ['test/support/with-user-manager', '--'];
/** One run of vitest: its projects, a name for its report, what it runs beside. */
const suite = (name, projects, beside, only) => ({ name, projects, beside, only });
/** Files of a suite, the largest first, so that none is left alone at the end. */
const filesOf = (project) =>
  fs
    .readdirSync(path.join('test', project))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => path.join('test', project, name))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .map((file) => ({ file, size: fs.statSync(file).size }))
    .sort((a, b) => b.size - a.size);
/** These files one after another beside one manager: one fleet per manager. */
const together = (project, only, beside = manager) =>
  suite(
    `${project}-${only.map((file) => path.basename(file, '.test.ts')).join('+')}`,
    [project],
    beside,
    only,
  );
const files = (project, beside) => filesOf(project).map(({ file }) => together(project, [file], beside));

/** It ends its manager and starts another one. */
const alone = /boot/;
/**
 * Small files share a manager and a run of vitest, which take as much as a test or two. Which ones follows from sizes alone:
 * how long a file takes goes with that roughly, and nobody has to keep a list.
 */
const packed = (project, atMost = 16 * 1024) => {
  const packs = [];
  for (const { file, size } of filesOf(project)) {
    const fits = packs.find((pack) => !alone.test(file) && pack.size + size <= atMost);
    if (fits === undefined) packs.push({ size: alone.test(file) ? atMost : size, files: [file] });
    else {
      fits.size += size;
      fits.files.push(file);
    }
  }
  return packs.map((pack) => together(project, pack.files));
};

// Lives, times and races of agents take minutes: by name, or with --agents.
const always = /delivery/;
const agents = withAgents
  ? files('agents', ['test/support/loopback-only', ...manager]).filter(
      ({ name }) => agentsAlone || filters.length > 0 || always.test(name),
    )
  : [];
// The longest first.
const suites = agentsAlone
  ? agents
  : [
      ...agents,
      suite('unit', ['unit', 'properties'], [], filters),
      ...files('chaos'),
      ...packed('e2e'),
      ...files('integration'),
    ];

const total = { passed: 0, failed: 0, skipped: 0 };
// Said again at the end: what failed is not to be looked for in thousands of lines.
const failures = [];
const fail = (file, name, message = '') =>
  failures.push(`✗ ${path.relative(root, file)}: ${name}\n${message.slice(0, 1500)}`);
// They mostly wait, for systemd and for delays: three more than there are processors keep these busy.
const lanes = Number(process.env.FLEET_TEST_LANES ?? os.availableParallelism() + 3);

// A suite's private manager cleans up after itself when it is told to end.
const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
    process.exitCode = 1;
    suites.length = 0;
  });
}

/** Runs one suite; what it prints is shown when it is done, so that suites running at once stay readable. */
function perform({ name, projects, beside, only }) {
  const report = path.join(results, `${name}.json`);
  const words = [
    ...beside,
    process.execPath,
    ...[vitest, 'run', ...projects.flatMap((project) => ['--project', project])],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...only],
    // A filter may leave a suite nothing; nothing at all is still a failure.
    ...(filters.length > 0 ? ['--passWithNoTests'] : []),
  ];
  // Beside a manager it has a home and a directory for such things of that.
  const scratch = beside.length > 0 ? null : fs.mkdtempSync(path.join(os.tmpdir(), 'fleet-suite-'));
  const env = scratch === null ? process.env : { ...process.env, TMPDIR: scratch };
  const child = spawn(words[0], words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env });
  running.add(child);
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
  return new Promise((done) => {
    child.on('error', (error) => printed.push(`${error.message}\n`));
    child.on('close', (status) => {
      running.delete(child);
      console.log(`\n== ${only.length > 0 ? only.join(' ') : projects.join(', ')}`);
      process.stdout.write(Buffer.concat(printed.map((part) => Buffer.from(part))));
      count(name, report, status);
      if (scratch !== null) removeScratch(name, scratch);
      done();
    });
  });
}

/** What a test leaves behind is a failure. */
function removeScratch(name, scratch) {
  // Node 22 and later keep what they compiled of vitest there.
  const left = fs.readdirSync(scratch).filter((entry) => entry !== 'node-compile-cache');
  fs.rmSync(scratch, { recursive: true, force: true });
  if (left.length === 0) return;
  total.failed += 1;
  fail(name, '(left behind in the directory for temporary files)', left.join(' '));
}

function count(name, report, status) {
  if (!fs.existsSync(report)) {
    console.error(`${name}: no result was written (exit status ${status})`);
    fail(name, '(the whole suite)', `no result was written (exit status ${status})`);
    // 69: this machine cannot run a private user manager; the message above says what is missing.
    if (status === 69) process.exit(69);
    total.failed += 1;
    return;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    fs.readFileSync(report, 'utf8'),
  );
  total.passed += numPassedTests;
  total.failed += numFailedTests;
  total.skipped += numPendingTests + numTodoTests;
  for (const file of testResults) {
    const told = file.assertionResults.filter(({ status }) => status === 'failed');
    for (const { fullName, failureMessages } of told) fail(file.name, fullName, failureMessages[0]);
    if (told.length === 0 && file.status === 'failed') fail(file.name, '(the whole file)', file.message);
  }
  // A file that could not even be loaded has no failed test, and an unhandled error outside a test has none either.
  const broken = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  total.failed += broken;
  if (status !== 0 && numFailedTests + broken === 0) {
    total.failed += 1;
    fail(name, '(outside of any test)', `exit status ${status}`);
  }
}

const lane = async () => {
  for (let next = suites.shift(); next !== undefined; next = suites.shift()) await perform(next);
};
await Promise.all(Array.from({ length: lanes }, lane));

fs.writeFileSync(path.join(results, 'total.json'), JSON.stringify(total));
const absent = withAgents
  ? process.env.FLEET_TEST_AGENTS.split(',').filter((name) => !isInstalled(name))
  : [];
if (absent.length > 0)
  console.error(`\nNOT TESTED, since not installed: ${absent.join(', ')}; see: npm run agents:install`);
if (failures.length > 0) console.log(`\n${failures.join('\n\n')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
