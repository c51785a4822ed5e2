import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What a program did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Tests that start units and tmux servers must never meet the developer's own. Throws outside with-user-manager. */
export function requirePrivateManager(): void {
  const manager = process.env['FLEET_TEST_MANAGER'];
  if (manager === undefined || !readFileSync(`/proc/${manager}/cmdline`, 'utf8').includes('--user')) {
    throw new Error(
      'run these tests as `test/support/with-user-manager -- npx vitest run --project integration`',
    );
  }
}

/** Runs a program to its end, at most `limitMs`. Never throws for its status. */
export function run(file: string, args: readonly string[], limitMs = 20_000): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { timeout: limitMs, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 124;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.end();
  });
}

export const systemctl = (...args: readonly string[]): Promise<Outcome> =>
  run('systemctl', ['--user', ...args], 60_000);

export const agentUnit = (agent: string): string => `mosaic-agent@${agent}.service`;

/** Properties of one unit, by name; '' where systemd does not know one. */
export async function show(unit: string, ...properties: readonly string[]): Promise<Record<string, string>> {
  const { stdout } = await systemctl('show', `--property=${properties.join(',')}`, unit);
  const found = Object.fromEntries(properties.map((property) => [property, '']));
  for (const line of stdout.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) found[line.slice(0, at)] = line.slice(at + 1);
  }
  return found;
}

export const activeState = async (unit: string): Promise<string> =>
  (await show(unit, 'ActiveState'))['ActiveState'] ?? '';

/** Waits until `check` gives something other than false, null, undefined or ''; fails with `what` after the deadline. */
export async function eventually<Value>(
  what: string,
  check: () => Value | Promise<Value>,
  limitMs = 10_000,
): Promise<NonNullable<Exclude<Value, false | ''>>> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await check();
    if (value !== false && value !== null && value !== undefined && value !== '') {
      return value as NonNullable<Exclude<Value, false | ''>>;
    }
    if (performance.now() > deadline) throw new Error(`did not happen within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** Pids of all processes that have this entry in their environment. */
export function processesWith(entry: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(entry);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Whether a process runs. A zombie does not: tmux before 3.5 may leave one for a moment (framework/tools/fleet/holder-pane.sh). */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The cgroup by which systemd knows the unit of a process. */
export function trackingCgroup(pid: number | string): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const line =
    lines.find((text) => text.startsWith('0::')) ?? lines.find((text) => text.includes(':name=systemd:'));
  return line?.split(':').slice(2).join(':') ?? '';
}

/** A new directory below the private home. */
export const freshDirectory = (name: string): string => mkdtempSync(join(homedir(), `${name}-`));
