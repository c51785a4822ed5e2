import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { eventually, isRunning, requirePrivateManager, systemctl, trackingCgroup } from './user-manager.js';

/** How the machine goes down: everything is asked to end, or nothing is. */
export type Shutdown = 'orderly' | 'power-cut';

const root = '/sys/fs/cgroup';

/** The trees by which a manager knows its processes. In those of cgroup v1's controllers it moves them, the caller too, as it likes. */
const tracking = ['', 'unified', 'systemd'];

const bootId = '/proc/sys/kernel/random/boot_id';

/**
 * What a reboot is to a user: the manager and all that it started are gone, /run is empty, the boot has another id, and a new
 * manager starts what is enabled. What it is not: the kernel, its clocks and what it has not yet written to the disk go on, and
 * so do the caller and what else is in `test.scope`.
 */
export async function reboot(how: Shutdown): Promise<void> {
  requirePrivateManager();
  const manager = Number(process.env['FLEET_TEST_MANAGER']);
  const [program = '', ...words] = readList(`/proc/${manager}/cmdline`);
  const environment = Object.fromEntries(
    readList(`/proc/${manager}/environ`).map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)] as const;
    }),
  );
  // A manager moves into a scope of its own as soon as it runs.
  const own = trackingCgroup(manager).replace(/\/init\.scope$/, '');
  const groups = groupsOf(own);
  if (how === 'orderly') await systemctl('exit');
  else process.kill(manager, 'SIGKILL');
  await eventually('the manager has ended', () => !isRunning(manager), 120_000);
  // An orderly end leaves nothing; else it is the system's manager that ends what is left.
  await eventually('its processes have ended', () => endAll(own), 60_000);
  for (const group of groups) removeEmpty(group);
  emptyRuntimeDirectory();
  renewBootId();
  process.env['FLEET_TEST_MANAGER'] = String(start(program, words, environment, groups));
  const socket = path.join(process.env['XDG_RUNTIME_DIR'] ?? '', 'systemd', 'private');
  await eventually('the new manager answers', () => fs.existsSync(socket), 60_000);
  await systemctl('--wait', 'is-system-running');
}

const readList = (file: string): readonly string[] =>
  fs
    .readFileSync(file, 'utf8')
    .split('\0')
    .filter((entry) => entry !== '');

/** The user's own group, in every cgroup tree where there is one. */
function groupsOf(own: string, trees: readonly string[] = ['', ...fs.readdirSync(root)]): readonly string[] {
  return trees
    .map((tree) => path.join(root, tree, own))
    .filter((group) => fs.existsSync(path.join(group, 'cgroup.procs')));
}

/** Groups below one, the deepest first, without the caller's. */
function below(group: string): readonly string[] {
  return fs
    .readdirSync(group, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'test.scope')
    .flatMap(({ name }) => [...below(path.join(group, name)), path.join(group, name)]);
}

/** Kills what is left. @returns whether nothing was */
function endAll(own: string): boolean {
  const pids = groupsOf(own, tracking).flatMap((group) =>
    [...below(group), group].flatMap((one) =>
      fs.readFileSync(path.join(one, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number),
    ),
  );
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended since.
    }
  }
  return pids.length === 0;
}

function removeEmpty(group: string): void {
  for (const one of below(group)) {
    try {
      fs.rmdirSync(one);
    } catch {
      // It holds the caller's.
    }
  }
}

function emptyRuntimeDirectory(): void {
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
  for (const name of fs.readdirSync(runtime)) fs.rmSync(path.join(runtime, name), { recursive: true });
  fs.mkdirSync(process.env['TMUX_TMPDIR'] ?? '', { mode: 0o700 });
}

function renewBootId(): void {
  const file = path.join(path.dirname(process.env['FLEET_TEST_MANAGER_LOG'] ?? ''), 'boot-id');
  const first = !fs.existsSync(file);
  fs.writeFileSync(file, `${randomUUID()}\n`);
  if (!first) return;
  // Seen by everything in this mount namespace, which is the private manager's own.
  const { status, stderr } = spawnSync('mount', ['--bind', file, bootId], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`another boot id could not be mounted: ${stderr}`);
}

/** @returns the pid of the new manager */
function start(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  groups: readonly string[],
): number {
  // A group whose controllers are handed on takes no process of its own (cgroup v2), its first scope does.
  const scopes = groups.map((group) => path.join(group, 'init.scope'));
  for (const scope of scopes) fs.mkdirSync(scope, { recursive: true });
  const log = fs.openSync(process.env['FLEET_TEST_MANAGER_LOG'] ?? '', 'a');
  const enter = 'while [[ $1 != -- ]]; do echo 0 >"$1/cgroup.procs"; shift; done; shift; exec "$@"';
  const child = spawn('bash', ['-p', '-c', enter, 'enter', ...scopes, '--', program, ...words], {
    ...{ cwd: os.homedir(), env, detached: true },
    stdio: ['ignore', log, log],
  });
  child.unref();
  fs.closeSync(log);
  if (child.pid === undefined) throw new Error(`${program} was not started`);
  return child.pid;
}
