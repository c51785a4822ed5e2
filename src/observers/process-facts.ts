import * as fs from 'node:fs';
import { processTree, readChildren } from './process-tree.js';

/** What a process and its descendants tell about where they keep things. */
export interface ProcessFacts {
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute; null where it cannot be read. */
  readonly directory: string | null;
  /** The process and everything below it. */
  readonly pids: readonly number[];
  /** Argument vectors of the process and everything below it. */
  readonly commands: readonly (readonly string[])[];
  /** Files that any of them holds open. */
  readonly openFiles: readonly string[];
}

/** Of one's own user only; what cannot be read is empty. */
export function processFacts(pid: number): ProcessFacts {
  const tree = processTree(pid, readChildren());
  return {
    environment: environmentOf(pid),
    directory: link(`/proc/${pid}/cwd`),
    pids: tree,
    commands: tree.map((member) => strings(`/proc/${member}/cmdline`)),
    openFiles: tree.flatMap((member) => filesHeldOpen(member)),
  };
}

/** What a process was started with; empty where it cannot be read. */
export const environmentOf = (pid: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    strings(`/proc/${pid}/environ`).map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );

/** A runtime's own directory: what a variable names, where it names anything, else `below` HOME (empty: HOME itself). */
export function rootIn(
  environment: Readonly<Record<string, string | undefined>>,
  variable: string | null,
  below: string,
): string {
  const named = variable === null ? undefined : environment[variable];
  if (named !== undefined && named !== '') return named;
  return [environment['HOME'] ?? '', ...(below === '' ? [] : [below])].join('/');
}

function strings(file: string): readonly string[] {
  try {
    return fs.readFileSync(file, 'utf8').replace(/\0$/, '').split('\0');
  } catch {
    return [];
  }
}

function link(file: string): string | null {
  try {
    return fs.readlinkSync(file);
  } catch {
    return null;
  }
}

export function filesHeldOpen(pid: number): readonly string[] {
  try {
    return fs
      .readdirSync(`/proc/${pid}/fd`)
      .flatMap((name) => link(`/proc/${pid}/fd/${name}`) ?? [])
      .filter((file) => file.startsWith('/'));
  } catch {
    return [];
  }
}

/** The value of an option in any of the commands, as `--name VALUE` or `--name=VALUE`. */
export function optionOf({ commands }: ProcessFacts, ...names: readonly string[]): string | null {
  for (const words of commands) {
    for (const [index, word] of words.entries()) {
      if (names.includes(word)) return words[index + 1] ?? null;
      const name = names.find((each) => word.startsWith(`${each}=`));
      if (name !== undefined) return word.slice(name.length + 1);
    }
  }
  return null;
}
