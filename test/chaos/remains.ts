import * as fs from 'node:fs';
import * as path from 'node:path';
import { processes } from '../../demo/processes.js';
import { eventually } from '../support/user-manager.js';
import type { FaultyFleet } from './faulty-fleet.js';
import type { Foreign } from './foreign.js';
import type { SoakFleet } from './soak-fleet.js';

/** Files that somebody began to write, and did not put into place. */
export function unfinishedFiles(fleet: SoakFleet): readonly string[] {
  return [path.join(fleet.home, 'fleet'), fleet.state, fleet.units].flatMap((directory) =>
    fs
      .readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(tmp|swp|new)$|^\.[0-9]/.test(path.basename(name)))
      .map((name) => path.join(directory, name)),
  );
}

/** Files that somebody began to write, each with how many histories have seen it. They go with the next write beside them. */
export class Halves {
  readonly #ages = new Map<string, number>();

  /** @returns those that too many histories have seen, a line each */
  old(files: readonly string[], most: number): readonly string[] {
    for (const file of this.#ages.keys()) if (!files.includes(file)) this.#ages.delete(file);
    for (const file of files) this.#ages.set(file, (this.#ages.get(file) ?? 0) + 1);
    return [...this.#ages].filter(([, age]) => age > most).map(([file]) => `half a file is left: ${file}`);
  }
}

/** Processes that are left when all of fleet was stopped, a line each. They get a moment. */
export async function remainingProcesses(foreign: Foreign): Promise<readonly string[]> {
  const own = new Set(foreign.family());
  const left = (): readonly string[] =>
    processes()
      .filter(({ pid, parent }) => !foreign.before.has(pid) && !own.has(pid) && parent !== process.pid)
      .filter(({ argv }) => argv.length > 0 && !/dbus-daemon|sd-pam/.test(argv.join(' ')))
      .map(({ pid, argv }) => `process ${pid} is left: ${argv.join(' ').slice(0, 150)}`);
  await eventually('every process has ended', () => left().length === 0, 5000).catch(() => undefined);
  return left();
}

/** Stops everything as an operator would. @returns what is left that should not be */
export async function goodbye(fleet: FaultyFleet, foreign: Foreign): Promise<readonly string[]> {
  const findings: string[] = [];
  await fleet.must([0, 6], 'restart');
  findings.push(...unfinishedFiles(fleet).map((file) => `half a file is left: ${file}`));
  await fleet.must([0], 'stop');
  findings.push(...foreign.problems(), ...(await remainingProcesses(foreign)));
  await fleet.must([0], 'uninstall', '--purge');
  return findings;
}
