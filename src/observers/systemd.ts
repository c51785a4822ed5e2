import type { Known, ObservedUnits } from '../controller/observed.js';
import { describeExec, type Exec } from '../host/exec.js';
import {
  controllerUnit,
  holderUnit,
  parseEnvironment,
  parseUnitList,
  parseUnitProperties,
  type UnitProperties,
  parseWords,
} from './systemd-output.js';

const timeoutMs = 5000;

/**
 * Observes every unit of fleet with one process, however many agents.
 *
 * @param read {@link readUnits}, or one that remembers
 */
export async function observeUnits(exec: Exec, read = readUnits): Promise<Known<ObservedUnits>> {
  const result = await exec(
    'systemctl',
    [
      '--user',
      'list-units',
      '--all',
      '--no-pager',
      '--output=json',
      'mosaic-agent@*.service',
      holderUnit,
      controllerUnit,
    ],
    { timeoutMs },
  );
  if (result.kind !== 'exited' || result.code !== 0)
    return { known: false, message: busHint(describeExec('systemctl', result)) };
  return read(result.stdout);
}

/** What systemctl printed, as an observation. */
export function readUnits(text: string): Known<ObservedUnits> {
  const units = parseUnitList(text);
  return units === null
    ? { known: false, message: 'systemctl printed no list of units' }
    : { known: true, value: units };
}

/** Figures of a few units: `MainPID`, `MemoryCurrent`, `Result` … One process. */
export async function showUnits(
  exec: Exec,
  units: readonly string[],
  properties: readonly string[],
): Promise<Known<ReadonlyMap<string, UnitProperties>>> {
  if (units.length === 0) return { known: true, value: new Map() };
  const result = await exec(
    'systemctl',
    ['--user', 'show', '--no-pager', `--property=${['Id', ...properties].join(',')}`, '--', ...units],
    { timeoutMs },
  );
  return result.kind === 'exited' && result.code === 0
    ? { known: true, value: parseUnitProperties(result.stdout) }
    : { known: false, message: busHint(describeExec('systemctl', result)) };
}

/** Directories the user manager reads units from, or null where it does not answer. */
export async function showUnitPath(exec: Exec): Promise<readonly string[] | null> {
  const path = await showManager(exec, 'UnitPath');
  return path === null ? null : parseWords(path);
}

/** The user manager's own cgroup path, or null where it does not answer. */
export async function showManagerCgroup(exec: Exec): Promise<string | null> {
  return showManager(exec, 'ControlGroup');
}

/**
 * The environment that the user manager hands on to what it starts: `environment.d`, and what `systemctl --user set-environment`
 * and the like have added. null where it does not answer.
 */
export async function showManagerEnvironment(exec: Exec): Promise<Readonly<Record<string, string>> | null> {
  const result = await exec('systemctl', ['--user', 'show-environment'], { timeoutMs });
  return result.kind === 'exited' && result.code === 0 ? parseEnvironment(result.stdout) : null;
}

async function showManager(exec: Exec, property: string): Promise<string | null> {
  const result = await exec(
    'systemctl',
    ['--user', 'show', '--no-pager', `--property=${property}`, '--value'],
    { timeoutMs },
  );
  const path = result.kind === 'exited' && result.code === 0 ? result.stdout.trim() : '';
  return path === '' ? null : path;
}

export const agentUnitName = (agent: string): string => `mosaic-agent@${agent}.service`;

function busHint(message: string): string {
  return /connect to (the )?(user )?bus|Failed to connect|XDG_RUNTIME_DIR/i.test(message)
    ? `${message} (no user systemd: log in through a session, or set XDG_RUNTIME_DIR; see fleet doctor)`
    : message;
}
