import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BenchFleet } from './bench-fleet.js';
import { compare, ended } from './measure.js';
import { ownWork, sharesOf, type CpuProfile } from './own-work.js';
import { sampleOf } from './row.js';

const preload = path.join(path.dirname(import.meta.dirname), 'bench', 'phases.cjs');

/** What bench/phases.cjs writes, ms. */
interface Phases {
  /** From its start until the first line that is not Node's. */
  readonly start: number;
  /** Chunks read and compiled. */
  readonly chunks: number;
  /** Node's modules, asked for by chunks. */
  readonly modules: number;
  /** The top level of chunks. */
  readonly units: number;
  readonly spawn: number;
  readonly wait: number;
  readonly print: number;
  /** Everything else until the event `exit`. */
  readonly own: number;
  /** From start to end, by name. */
  readonly programs: Readonly<Record<string, number>>;
}

/** From the event `exit` until the process is gone. */
type Measured = Phases & { readonly end: number };

const words: readonly (readonly [string, (phases: Measured) => number])[] = [
  ["Node's start", ({ start }) => start],
  ['chunks read and compiled', ({ chunks }) => chunks],
  ['their top level', ({ units }) => units],
  ["Node's modules that they ask for", ({ modules }) => modules],
  ['systemctl and tmux started', ({ spawn: started }) => started],
  ['waiting for them', ({ wait }) => wait],
];

/**
 * Where the time of `fleet plan` goes with nothing to do, a column per fleet size, medians in ms. What it does between two phases is
 * divided by a sampling profile of runs of its own, which are slower.
 */
export async function profile(cli: string, repetitions: number): Promise<readonly string[]> {
  const sizes = [10, 100];
  const columns: ReadonlyMap<string, string>[] = [];
  for (const size of sizes) columns.push(await profileOf(cli, size, repetitions));
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  const widest = Math.max(...names.map((name) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(widest), ...cells.map((cell) => cell.padStart(6))].join('  ');
  return [
    line('fleet plan, nothing to do, ms; agents:', sizes.map(String)),
    ...names.map((name) => line(name, columns.map((column) => column.get(name) ?? ''))),
  ]; // prettier-ignore
}

async function profileOf(cli: string, size: number, repetitions: number): Promise<ReadonlyMap<string, string>> {
  const fleet = new BenchFleet(cli, size);
  const profiles = path.join(fleet.directory, 'profiles');
  try {
    await fleet.install();
    await fleet.start();
    const plan = fleet.fleet('plan');
    const { plain } = await compare(repetitions, { plain: plan });
    const runs: Measured[] = [];
    for (let turn = -1; turn < repetitions; turn += 1) {
      const run = await phasesOf(plan.args, { ...plan.env }, path.join(fleet.directory, 'phases.json'));
      if (turn >= 0) runs.push(run);
      // In turns, so that load from elsewhere hits both.
      const sampling = ['--cpu-prof', '--cpu-prof-interval', '100', `--cpu-prof-dir=${profiles}`];
      await ended({ ...plan, args: [...sampling, ...plan.args] });
    }
    const median = (of: (run: Measured) => number): number => sampleOf(runs.map(of)).median;
    const own = median((run) => run.own);
    const texts = fs.readdirSync(profiles).map((name) => fs.readFileSync(path.join(profiles, name), 'utf8'));
    const shares = sharesOf(texts.map((text) => JSON.parse(text) as CpuProfile));
    const rows: (readonly [string, number])[] = [
      ...words.map(([name, of]) => [name, median(of)] as const),
      ...Object.keys(ownWork).map((name) => [name, own * (shares.get(name) ?? 0)] as const),
      ['the rest of its own work', own * (shares.get('rest') ?? 0)],
      ['printing', median(({ print }) => print)],
      ['the end of the process', median(({ end }) => end)],
    ];
    const sum = rows.reduce((total, [, value]) => total + value, 0);
    const beside = ['systemctl', 'tmux'].map(
      (program) => [`beside it: ${program}, start to end`, median((run) => run.programs[program] ?? 0)] as const,
    );
    const all = [...rows, ['sum', sum] as const, ['the same command, not measured within', plain.median] as const, ...beside];
    return new Map(all.map(([name, value]) => [name, value.toFixed(1)]));
  } finally {
    await fleet.dispose();
  }
} // prettier-ignore

function phasesOf(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  file: string,
): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const begun = { FLEET_BENCH_SPAWNED: String(process.hrtime.bigint()), FLEET_BENCH_PHASES: file };
    const child = spawn(process.execPath, ['--require', preload, ...args], {
      env: { ...process.env, ...env, ...begun },
      // A pipe, as where a script reads it.
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.resume();
    child.on('error', reject);
    child.on('exit', (code) => {
      const gone = process.hrtime.bigint();
      if (code !== 0) {
        reject(new Error(`fleet plan with phases ended with ${String(code)}`));
        return;
      }
      const phases = JSON.parse(fs.readFileSync(file, 'utf8')) as Phases & { readonly endedAt: string };
      resolve({ ...phases, end: Number(gone - BigInt(phases.endedAt)) / 1e6 });
    });
  });
}
