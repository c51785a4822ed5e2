import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { requirePrivateManager } from '../test/support/user-manager.js';
import { acts, rosterDirectory } from './acts.js';
import { broken, Chronicle } from './chronicle.js';
import { fact, type Fact, type Report } from './fact.js';
import { output, print, style } from './screen.js';

const root = path.dirname(import.meta.dirname);
const agent = path.join(root, 'framework', 'demo', 'agent.mjs');

/** The story, next to the private manager. Its facts go into the report; whether they hold is for the outside to say. */
export async function tellStory(reportFile: string, keep: boolean): Promise<number> {
  requirePrivateManager();
  // The outside holds the other end as long as it lives. A demo nobody watches must not stay.
  process.stdin.on('end', () => {
    rmSync(path.dirname(reportFile), { recursive: true, force: true });
    process.exit(1);
  });
  process.stdin.resume();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

  prepareHome();
  print(style.bold('fleet: a demo'));
  print(
    'Everything below is real: a systemd --user and a tmux server of its own, in namespaces of their own.',
  );
  const chronicle = new Chronicle();
  const facts: Fact[] = [];
  let failure: string | null = null;
  try {
    for (const act of acts) facts.push(...(await act(chronicle, agent)));
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
    showManagerLog();
  }
  report(reportFile, {
    facts: [...overall(chronicle), ...facts],
    failure,
    pid: process.pid,
    environment: environment(),
  });
  if (keep && failure === null) await new Promise(() => undefined);
  return 0;
}

/** What holds from the first chapter to the last. */
function overall({ entries, snapshots }: Chronicle): readonly Fact[] {
  if (entries.length === 0) return [];
  const servers = snapshots.map(({ server }) => server);
  const same = new Set(servers).size === 1 && servers[0] !== null;
  const count = entries.reduce(
    (sum, { actions }) => sum + actions.filter(({ gate }) => gate === 'ready').length,
    0,
  );
  return [
    fact(
      'one tmux server throughout',
      `pid ${servers[0] ?? '-'}, looked at ${servers.length} times`,
      same ? [] : [`pids ${servers.map((pid) => pid ?? '-').join(', ')}`],
    ),
    fact(
      'each apply did what its plan said, and no more',
      `${entries.length} plans, ${count} actions, every agent's pid compared before and after`,
      entries.flatMap(broken),
    ),
  ];
}

function prepareHome(): void {
  const programs = path.join(homedir(), 'bin');
  for (const directory of [
    programs,
    rosterDirectory(),
    path.join(homedir(), 'src'),
    path.join(homedir(), 'app'),
  ]) {
    mkdirSync(directory, { recursive: true });
  }
  symlinkSync(path.join(root, 'dist', 'fleet.js'), path.join(programs, 'fleet'));
  writeFileSync(path.join(homedir(), '.bashrc'), "PS1='demo:\\w\\$ '\n");
  process.env['PATH'] = [programs, path.dirname(process.execPath), process.env['PATH']].join(path.delimiter);
  process.chdir(rosterDirectory());
}

function environment(): Report['environment'] {
  const names = [
    'HOME',
    'USER',
    'PATH',
    'XDG_RUNTIME_DIR',
    'TMPDIR',
    'TMUX_TMPDIR',
    'DBUS_SESSION_BUS_ADDRESS',
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** Whole or not at all: the outside takes it as soon as it is there. */
function report(file: string, content: Report): void {
  writeFileSync(`${file}.new`, JSON.stringify(content));
  renameSync(`${file}.new`, file);
}

function showManagerLog(): void {
  const log = process.env['FLEET_TEST_MANAGER_LOG'];
  const words = log === undefined ? '' : readFileSync(log, 'utf8').trimEnd();
  if (words === '') return;
  print();
  print('The last words of systemd and of the units:');
  output(words.split('\n').slice(-20).join('\n'));
}
