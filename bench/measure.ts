import { spawn } from 'node:child_process';
import { sampleOf, type Sample } from './row.js';

/** One of the ways to do a thing that are compared. */
export interface Side {
  /** Not timed. */
  readonly prepare?: () => Promise<void>;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Not timed: throws where the program ended well and what it should have done is not done. */
  readonly check?: () => Promise<void>;
}

/** Several processes, one after another, timed as one. */
export interface Series {
  readonly prepare?: () => Promise<void>;
  readonly each: readonly Side[];
}

/**
 * Runs every side once per repetition, so that load from elsewhere hits all of them, and begins each repetition with
 * another side. Unless everything is warm already, one run of each comes first and is not counted. A side that is null was not there to be run: its sample
 * has no repetitions.
 */
export async function compare<Name extends string>(
  repetitions: number,
  sides: Readonly<Record<Name, Side | Series | null>>,
  { warm = false } = {},
): Promise<Readonly<Record<Name, Sample>>> {
  const all = Object.entries<Side | Series | null>(sides) as [Name, Side | Series | null][];
  const entries = all.flatMap(([name, side]) => (side === null ? [] : [[name, side] as const]));
  const times = new Map<Name, number[]>(all.map(([name]) => [name, []]));
  for (let repetition = warm ? 0 : -1; repetition < repetitions; repetition += 1) {
    const first = Math.max(0, repetition) % entries.length;
    for (const [name, side] of [...entries.slice(first), ...entries.slice(0, first)]) {
      await side.prepare?.();
      const time = await timeOf(side);
      if ('check' in side) await side.check();
      if (repetition >= 0) times.get(name)?.push(time);
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, sampleOf(list)])) as Record<Name, Sample>;
}

/** What ends each of the sides: all are tried, also where one fails. @throws the first failure */
export async function allOf(...ends: readonly (() => Promise<void> | undefined)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of ends) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function timeOf(side: Side | Series): Promise<number> {
  const begun = performance.now();
  for (const one of 'each' in side ? side.each : [side]) await ended(one);
  return performance.now() - begun;
}

/** @throws Error where the program does not end with status 0: what did not work is not worth timing */
export function ended({ program, args, env }: Side): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    const keep = (text: string): string => (printed += text);
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', reject);
    // A daemon keeps the pipes, and `close` would never come.
    child.on('exit', (code) => {
      if (code !== 0) return;
      child.stdout.destroy();
      child.stderr.destroy();
      resolve();
    });
    child.on('close', (code, signal) => {
      const what = `${program} ${args.join(' ')}`.slice(0, 200);
      // Of three hundred agents, those that did well say nothing about why.
      const said = printed.replace(/^ *✓.*\n/gm, '').slice(-2000);
      reject(new Error(`${what} ended with ${code ?? signal ?? '?'}\n${said}`));
    });
  });
}
