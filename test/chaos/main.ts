// `npm run soak -- [--minutes M | --hours H | --episodes N] [--seed S] [--agents N]`: a fleet with its controller lives
// through a history invented from a seed, on real tmux and systemd, next to a private user manager.
// `npm run soak -- --faults …`: instead, many short histories in each of which one thing goes wrong at an exact place.
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { campaign, type Choice } from './campaign.js';
import { commandCampaign } from './command-campaign.js';
import { commandFaults } from './command-faults.js';
import { commandsOf } from './commands.js';
import { kinds } from './fault-kinds.js';
import { checkout } from './soak-fleet.js';
import { soak } from './soak.js';
import type { CommandChoice } from './turns.js';
import { verbCampaign } from './verb-campaign.js';
import { verbs } from './verbs.js';

const usage = `usage: npm run soak -- [--minutes M | --hours H | --episodes N] [--seed S] [--agents N]
       npm run soak -- --faults [--histories N] [--seed S]
       npm run soak -- --faults --every [--kind NAME]… [--from PLACE] [--step N]
       npm run soak -- --commands [--histories N] [--seed S]
       npm run soak -- --commands --every [--command NAME]… [--kind NAME]… [--from PLACE] [--step N]
       npm run soak -- --verbs [--histories N] [--seed S]
       npm run soak -- --verbs --every [--command NAME]… [--kind NAME]… [--from PLACE] [--step N]

  --minutes M   for so long (default 2); --hours H likewise
  --episodes N  so many episodes: with the seed, exactly the history of another run
  --seed S      the history (default: a new one, which is printed)
  --agents N    so many agents at first, 3 at least (default 8)

  --faults      on the way from one roster to another one thing goes wrong, at an exact place; then it is applied again
  --histories N so many, each of a kind and at a place that follow from the seed (default 100)
  --every       every place of every kind, or of those named; from a place on, every so many
  Kinds: ${kinds.map(({ name }) => name).join(', ')}

  --commands    the same in commands that touch no agent, which are then said again: ${commandsOf('')
    .map(({ name }) => name)
    .join(', ')}
  --verbs       the same in commands that touch an agent: ${verbs.map(({ name }) => name).join(', ')}
  Kinds of these two: ${commandFaults.map(({ name }) => name).join(', ')}
`;

interface Options {
  readonly faults: Choice | null;
  readonly commands: CommandChoice | null;
  readonly verbs: CommandChoice | null;
  readonly minutes: number;
  readonly episodes: number | null;
  readonly seed: number;
  readonly agents: number;
}

function readOptions(): Options | null {
  try {
    const { minutes, hours, episodes, seed, agents, ...fault } = parseArgs({
      options: {
        faults: { type: 'boolean', default: false },
        every: { type: 'boolean', default: false },
        kind: { type: 'string', multiple: true, default: [] },
        commands: { type: 'boolean', default: false },
        verbs: { type: 'boolean', default: false },
        command: { type: 'string', multiple: true, default: [] },
        from: { type: 'string', default: '1' },
        step: { type: 'string', default: '1' },
        histories: { type: 'string', default: '100' },
        minutes: { type: 'string', default: '2' },
        hours: { type: 'string' },
        episodes: { type: 'string' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        agents: { type: 'string', default: '8' },
      },
    }).values;
    const [from, step, histories] = [fault.from, fault.step, fault.histories].map(Number) as [
      number,
      number,
      number,
    ];
    const known = fault.commands || fault.verbs ? commandFaults : kinds;
    const named = fault.verbs ? verbs : commandsOf('');
    const unknown =
      fault.kind.some((one) => known.every(({ name }) => name !== one)) ||
      fault.command.some((one) => named.every(({ name }) => name !== one));
    if (unknown || [from, step, histories].some((number) => !Number.isInteger(number) || number < 1))
      return null;
    const choice = fault.every
      ? ({ kind: 'every', names: fault.kind, commands: fault.command, from, step } as const)
      : ({ kind: 'random', seed: Number(seed), histories } as const);
    const found = {
      faults: fault.faults ? choice : null,
      commands: fault.commands ? choice : null,
      verbs: fault.verbs ? choice : null,
      minutes: hours === undefined ? Number(minutes) : Number(hours) * 60,
      episodes: episodes === undefined ? null : Number(episodes),
      seed: Number(seed),
      agents: Number(agents),
    };
    const numbers = [found.minutes, found.episodes ?? 0, found.seed, found.agents - 3];
    return numbers.every((number) => Number.isFinite(number) && number >= 0) ? found : null;
  } catch {
    return null;
  }
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) {
    process.stderr.write(usage);
    return 64;
  }
  return process.env['FLEET_TEST_MANAGER'] === undefined ? besidePrivateManager(options) : live(options);
}

/** This program once more, inside, with the seed that was drawn. */
function besidePrivateManager({ seed }: Options): Promise<number> {
  const launcher = path.join(checkout(), 'test', 'support', 'with-user-manager');
  const words = [...process.argv.slice(1), '--seed', String(seed)];
  const inside = spawn(launcher, ['--', process.execPath, ...words], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => inside.kill(signal));
  return new Promise((resolve, reject) => {
    inside.on('error', reject);
    inside.on('close', (code) => resolve(code ?? 1));
  });
}

async function liveFaults(choice: Choice): Promise<number> {
  if (choice.kind === 'random') print(`seed ${choice.seed}`);
  const { findings, histories, faults, lives } = await campaign(choice, print);
  print();
  for (const [name, count] of faults) print(`${String(count).padStart(5)}  ${name}`);
  print(`${histories} histories, ${lives} lives of agents begun`);
  return concluded(findings);
}

async function liveCommands(choice: CommandChoice): Promise<number> {
  if (choice.kind === 'random') print(`seed ${choice.seed}`);
  const { findings, histories, faults } = await commandCampaign(choice, print);
  print();
  for (const [name, count] of faults) print(`${String(count).padStart(5)}  ${name}`);
  print(`${histories} histories`);
  return concluded(findings);
}

async function liveVerbs(choice: CommandChoice): Promise<number> {
  if (choice.kind === 'random') print(`seed ${choice.seed}`);
  const { findings, histories, faults, lives, healing } = await verbCampaign(choice, print);
  print();
  for (const [name, count] of faults) print(`${String(count).padStart(5)}  ${name}`);
  for (const [said, count] of healing) print(`${String(count).padStart(5)}  healed by: ${said}`);
  print(`${histories} histories, ${lives} lives of agents begun`);
  return concluded(findings);
}

function concluded(findings: readonly string[]): number {
  for (const finding of findings) print(`✗ ${finding}`);
  print(findings.length === 0 ? '✓ nothing is wrong' : `${findings.length} wrong`);
  return findings.length === 0 ? 0 : 1;
}

async function live(options: Options): Promise<number> {
  const { faults, commands, minutes, episodes, seed, agents } = options;
  if (faults !== null) return liveFaults(faults);
  if (commands !== null) return liveCommands(commands);
  if (options.verbs !== null) return liveVerbs(options.verbs);
  print(`seed ${seed}, ${agents} agents at first`);
  const deadline = performance.now() + minutes * 60_000;
  const result = await soak({
    ...{ seed, agents, say: print },
    goOn: (lived) => (episodes === null ? performance.now() < deadline : lived < episodes),
  });
  print();
  print(
    `seed ${seed}: ${result.steps} steps in ${result.episodes} episodes, ${result.lives} lives of agents begun`,
  );
  print(`${result.losses} contexts lost, unneeded: ${result.unneeded}`);
  print(result.controller);
  for (const finding of result.findings) print(`✗ ${finding}`);
  const again = `npm run soak -- --seed ${seed} --agents ${agents} --episodes ${result.episodes}`;
  print(
    result.findings.length === 0
      ? '✓ nothing is wrong'
      : `${result.findings.length} wrong; once more: ${again}`,
  );
  return result.findings.length === 0 ? 0 : 1;
}

const print = (line = ''): boolean => process.stdout.write(`${line}\n`);

process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(
      `soak: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 1;
  }),
);
