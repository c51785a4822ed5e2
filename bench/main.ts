// `npm run bench`: fleet beside its rivals, in one run, next to a private user manager, so that nothing of the operator's is
// measured or touched. Figures over budget are reported; a count that is off fails.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { requirePrivateManager } from '../test/support/user-manager.js';
import { packageCopy } from './bench-fleet.js';
import { atRest, countedController } from './at-rest.js';
import { bringUp } from './bring-up.js';
import { chart } from './chart.js';
import { load, machine } from './machine.js';
import { nothingToDo } from './nothing-to-do.js';
import { readOptions, usage, type Options, type Part } from './options.js';
import { profile } from './profile.js';
import { reactions } from './reactions.js';
import { reportJson, reportText, type Report } from './report.js';
import { installRivals } from './rivals.js';
import { verdictOf, type Row } from './row.js';
import { sending } from './sending.js';
import { startUp } from './start-up.js';

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stderr.write(usage);
    return 64;
  }
  if (options.from !== null) return told(JSON.parse(readFileSync(options.from, 'utf8')) as Report, options);
  if (process.env['FLEET_TEST_MANAGER'] === undefined) {
    if (!options.profile) for (const problem of installRivals()) say(`${problem}: its column stays empty`);
    return besidePrivateManager();
  }
  requirePrivateManager();
  if (options.profile) {
    for (const line of await profile(packageCopy('package'), options.quick ? 5 : 21)) print(line);
    return 0;
  }
  return told(await measured(options), options);
}

/** This program once more, inside. */
function besidePrivateManager(): Promise<number> {
  const launcher = path.join(path.dirname(import.meta.dirname), 'test', 'support', 'with-user-manager');
  const inside = spawn(launcher, ['--', process.execPath, ...process.argv.slice(1)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => inside.kill(signal));
  return new Promise((resolve, reject) => {
    inside.on('error', reject);
    inside.on('close', (code) => resolve(code ?? 1));
  });
}

/** Says what was found, and keeps it where that is wanted. */
function told(report: Report, { json, svg }: Options): number {
  process.stdout.write(reportText(report));
  if (json !== null) writeFileSync(json, reportJson(report));
  if (svg !== null) writeFileSync(svg, chart(report));
  return report.rows.some((row) => verdictOf(row) === 'off') ? 1 : 0;
}

async function measured(options: Options): Promise<Report> {
  const begun = performance.now();
  const facts = machine();
  const before = load();
  const repetitions = options.quick ? 5 : 11;
  const rows = await rowsOf(options, packageCopy('package'), repetitions, facts);
  const seconds = (performance.now() - begun) / 1000;
  return { machine: facts, repetitions, load: { before, after: load() }, seconds, rows };
}

/** Two cores cannot start a thousand: larger fleets are suspended. */
const mostRunning = 300;

async function rowsOf(
  { quick, only, agents }: Options,
  cli: string,
  repetitions: number,
  rivals: Report['machine'],
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const part = async (name: Part, what: string, rowsOfPart: () => Promise<readonly Row[]>): Promise<void> => {
    if (!only.includes(name)) return;
    say(`${what} …`);
    rows.push(...(await rowsOfPart()));
  };
  const sizes = agents ?? (quick ? [10, 100] : [10, 100, 300, 1000]);
  const running = sizes.filter((size) => size <= mostRunning);
  const suspended = sizes.filter((size) => size > mostRunning);
  const applies = new Map<number, Extract<Row, { kind: 'time' }>['ours']>();

  await part('start-up', 'start-up', () => startUp(cli, repetitions));
  for (const size of sizes)
    await part('nothing-to-do', `nothing to do, ${size} agents`, async () => {
      const found = await nothingToDo(cli, size, repetitions, rivals, suspended.includes(size));
      applies.set(size, found.apply);
      return found.rows;
    });
  rows.push(...growth(applies));
  for (const size of running)
    await part('bring-up', `bring-up, ${size} agents`, () =>
      bringUp(cli, size, repetitions, { rivals, withOneByOne: !quick || agents !== null || size === 10 }),
    );
  await part('message', 'a message', () => sending(cli, repetitions));
  await part('reactions', 'reactions of the controller, 100 agents', () =>
    reactions(cli, 100, repetitions, rivals),
  );
  await part('counted', 'the controller counted, 100 agents', () =>
    countedController(cli, 100, { seconds: quick ? 35 : 65, edits: 10_000 }),
  );
  await part('at-rest', 'the controller at rest, 100 agents', () =>
    atRest(cli, 100, quick ? 60 : 120, rivals),
  );
  return rows;
}

/** How an apply with nothing to do grows with the fleet. */
function growth(applies: ReadonlyMap<number, Extract<Row, { kind: 'time' }>['ours']>): readonly Row[] {
  const [small, large] = [applies.get(10), applies.get(1000)];
  if (small === undefined || large === undefined) return [];
  const rival = { name: 'apply, 10 agents running', sample: small };
  return [{ kind: 'time', what: 'apply, all suspended', size: 1000, ours: large, rival, budget: 4 }];
}

const say = (text: string): boolean => process.stderr.write(`bench: ${text}\n`);
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

process.exitCode = await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  return 1;
});
