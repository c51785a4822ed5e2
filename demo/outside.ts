import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir, userInfo } from 'node:os';
import * as path from 'node:path';
import { resolvePaths } from '../src/host/paths.js';
import { eventually } from '../test/support/user-manager.js';
import { attachText } from './attach.js';
import { fact, type Fact, type Report } from './fact.js';
import { differences, list } from './listing.js';
import { processes } from './processes.js';
import { factTable, print, style } from './screen.js';

/** In the environment: we are inside, and this is the file for the report. */
export const reportVariable = 'FLEET_DEMO_REPORT';

const root = path.dirname(import.meta.dirname);
const launcher = path.join(root, 'test', 'support', 'with-user-manager');
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is missing before anything can be tried, or null. tmux and systemd are the launcher's to check: it knows. */
export function prerequisiteProblem(): string | null {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (process.platform !== 'linux') return `fleet runs on Linux with systemd; this is ${process.platform}`;
  if (major < 20 || (major === 20 && minor < 19))
    return `Node 20.19 or newer is needed; this is ${process.versions.node}`;
  if (!existsSync(launcher)) return `${launcher} is missing: the demo runs from a checkout of the repository`;
  if (!existsSync(path.join(root, 'dist', 'fleet.js')))
    return 'fleet is not built: run it as `npm run demo`, or `npm run build` first';
  return null;
}

/** Runs the story inside and says at the end what held. */
export async function runOutside(keep: boolean): Promise<number> {
  const places = operatorsPlaces();
  const before = list(places);
  const directory = mkdtempSync(path.join(tmpdir(), 'fleet-demo-'));
  const reportFile = path.join(directory, 'report.json');
  const begun = performance.now();
  const inside = spawn(
    launcher,
    ['--', process.execPath, process.argv[1] ?? '', ...(keep ? ['--keep'] : [])],
    {
      // Our end of the pipe closes with us, however we end, and the inside ends then too.
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...process.env, [reportVariable]: reportFile },
    },
  );
  const interruptions: (typeof signals)[number][] = [];
  for (const signal of signals) {
    process.on(signal, () => {
      interruptions.push(signal);
      inside.kill(signal);
      // The launcher cannot pass a signal on before the inside has begun; this the inside sees when it begins.
      inside.stdin.end();
    });
  }
  const ended = endOf(inside);
  try {
    const status = await (keep
      ? Promise.race([ended, eventually('the story ends', () => existsSync(reportFile), 300_000)])
      : ended);
    const report = readReport(reportFile);
    const [interruption] = interruptions;
    if (interruption !== undefined) return 128 + constants.signals[interruption];
    if (report === null) return status === 69 ? 69 : 1;
    const facts = [
      ...report.facts,
      untouchedFact(places, before),
      ...(keep ? [] : [nothingLeft(report, reportFile)]),
    ];
    const good = conclude(facts, report.failure, (performance.now() - begun) / 1000);
    if (keep && report.failure === null && inside.pid !== undefined) {
      print(attachText(directory, inside.pid, report));
      await ended;
    }
    return good ? 0 : 1;
  } finally {
    inside.stdin.end();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`demo: ${launcher} does not start: ${error.message}\n`);
      resolve(69);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function readReport(file: string): Report | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : null;
}

/** Where a tool that went wrong would leave traces. */
function operatorsPlaces(): readonly string[] {
  const { units, home } = resolvePaths({}, process.env);
  return [units, home, path.join(process.env['TMUX_TMPDIR'] ?? '/tmp', `tmux-${userInfo().uid}`)];
}

const untouchedFact = (places: readonly string[], before: ReturnType<typeof list>): Fact =>
  fact(
    'nothing of yours was touched',
    `nothing created, changed or removed in ${places.join(', ')}`,
    differences(before, list(places)),
  );

/** Every process of the demo, agents included, inherited the name of the report. */
function nothingLeft({ environment }: Report, reportFile: string): Fact {
  const left = processes().filter(({ pid }) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .includes(`${reportVariable}=${reportFile}`);
    } catch {
      return false; // ended meanwhile, or not ours
    }
  });
  const home = environment['HOME'] ?? '';
  const name = path.basename(path.dirname(home));
  const trees = ['', ...readdirSync('/sys/fs/cgroup')].map((tree) => path.join('/sys/fs/cgroup', tree, name));
  return fact('the demo left nothing behind', 'its processes, directory and cgroups are gone', [
    ...left.map(({ pid, argv }) => `${pid} still lives: ${argv.join(' ')}`),
    ...[home, ...trees].filter((place) => existsSync(place)).map((place) => `${place} is still there`),
  ]);
}

function conclude(facts: readonly Fact[], failure: string | null, seconds: number): boolean {
  print();
  print(style.bold('Checked by looking, not by asking'));
  factTable(facts);
  const wrong = facts.filter(({ holds }) => !holds).length;
  const reached = failure === null ? '' : ' reached';
  const count = `${facts.length - wrong} of ${facts.length} facts${reached} hold, ${seconds.toFixed(1)} s`;
  print();
  if (failure !== null) print(style.bad(`✗ The story broke off: ${failure}`));
  print(wrong === 0 && failure === null ? style.good(`✓ ${count}`) : style.bad(`✗ ${count}`));
  return wrong === 0 && failure === null;
}
