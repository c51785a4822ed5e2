// `npm run bench [-- --quick] [-- --json FILE]`: fleet beside its rivals, in one run, next to a private user manager, so
// that nothing of the operator's is measured or touched. Figures over budget are reported; a count that is off fails.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { requirePrivateManager } from '../test/support/user-manager.js';
import { copyPackage } from './bench-fleet.js';
import { atRest, countedController } from './at-rest.js';
import { bringUp } from './bring-up.js';
import { load, machine } from './machine.js';
import { nothingToDo } from './nothing-to-do.js';
import { reactions } from './reactions.js';
import { ratioOf, verdictOf, type Row } from './row.js';
import { sending } from './sending.js';
import { startUp } from './start-up.js';
import { table } from './table.js';

const usage = `usage: npm run bench [-- --quick] [-- --json FILE]

  --quick      5 repetitions instead of 11, no fleet of 300 or 1000, nothing slow; about four minutes
  --json FILE  also write the figures, and the machine they are of, to FILE
`;

interface Options {
  readonly quick: boolean;
  readonly json: string | null;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) {
    process.stderr.write(usage);
    return 64;
  }
  return process.env['FLEET_TEST_MANAGER'] === undefined ? besidePrivateManager() : measure(options);
}

function readOptions(): Options | null {
  try {
    const { quick, json } = parseArgs({
      options: { quick: { type: 'boolean' }, json: { type: 'string' } },
    }).values;
    return { quick: quick === true, json: json === undefined ? null : path.resolve(json) };
  } catch {
    return null;
  }
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

async function measure({ quick, json }: Options): Promise<number> {
  requirePrivateManager();
  const begun = performance.now();
  const facts = machine();
  const loadBefore = load();
  const repetitions = quick ? 5 : 11;
  const withRival = facts.supervisor !== null;
  if (!withRival) say('supervisor is not installed (apt-get install supervisor): its column stays empty');
  const cli = copyPackage('package');

  const rows: Row[] = [];
  say('start-up …');
  rows.push(...(await startUp(cli, repetitions)));
  const running = quick ? [10, 100] : [10, 100, 300];
  const sizes = quick ? running : [...running, 1000];
  const applies = new Map<number, Extract<Row, { kind: 'time' }>['ours']>();
  for (const size of sizes) {
    say(`nothing to do, ${size} agents …`);
    const found = await nothingToDo(cli, size, repetitions, withRival, !running.includes(size));
    rows.push(...found.rows);
    applies.set(size, found.apply);
  }
  rows.push(...growth(applies));
  for (const size of running) {
    say(`bring-up, ${size} agents …`);
    rows.push(...(await bringUp(cli, size, repetitions, size === 10 || (!quick && size === 100))));
  }
  say('a message …');
  rows.push(...(await sending(cli, repetitions)));
  say('reactions of the controller, 100 agents …');
  rows.push(...(await reactions(cli, 100, repetitions)));
  say('the controller counted, 100 agents …');
  rows.push(...(await countedController(cli, 100, { seconds: quick ? 35 : 65, edits: 10_000 })));
  say('the controller at rest, 100 agents …');
  rows.push(...(await atRest(cli, 100, quick ? 60 : 120)));

  const seconds = (performance.now() - begun) / 1000;
  const document = { machine: facts, repetitions, load: { before: loadBefore, after: load() }, seconds };
  for (const line of table(rows)) print(line);
  print();
  print(`${facts.date}, ${facts.cores} cores (${facts.cpu}), Linux ${facts.kernel}, Node ${facts.node},`);
  print(`${facts.tmux}, ${facts.systemd}, supervisor ${facts.supervisor ?? 'absent'};`);
  print(
    `medians of ${repetitions} in ms, load ${loadBefore} before and ${document.load.after} after, ${seconds.toFixed(0)} s`,
  );
  if (json !== null) {
    const judged = rows.map((row) => ({ ...row, ratio: ratioOf(row), verdict: verdictOf(row) }));
    writeFileSync(json, `${JSON.stringify({ formatVersion: '1.0', ...document, rows: judged }, null, 2)}\n`);
  }
  return rows.some((row) => verdictOf(row) === 'off') ? 1 : 0;
}

/** How an apply with nothing to do grows with the fleet. A thousand are suspended: two cores cannot start so many. */
function growth(applies: ReadonlyMap<number, Extract<Row, { kind: 'time' }>['ours']>): readonly Row[] {
  const [small, large] = [applies.get(10), applies.get(1000)];
  if (small === undefined || large === undefined) return [];
  const rival = { name: 'apply, 10 agents running', sample: small };
  return [{ kind: 'time', what: 'apply, all suspended', size: 1000, ours: large, rival, budget: 4 }];
}

const say = (text: string): boolean => process.stderr.write(`bench: ${text}\n`);
const print = (line = ''): boolean => process.stdout.write(`${line}\n`);

process.exitCode = await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  return 1;
});
