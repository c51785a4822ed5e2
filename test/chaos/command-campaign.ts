import * as fs from 'node:fs';
import type { Choice } from './campaign.js';
import { commandFaults, type CommandFault } from './command-faults.js';
import { CommandFleet } from './command-fleet.js';
import { liveCommand, refer, type Reference } from './command-history.js';
import { commandsOf, type Command } from './commands.js';
import { Foreign } from './foreign.js';
import { Random } from './random.js';
import { remainingProcesses } from './remains.js';

/** As for an apply; of every place, those of these commands, of all where none is named. */
export type CommandChoice =
  | Extract<Choice, { kind: 'random' }>
  | (Extract<Choice, { kind: 'every' }> & { readonly commands: readonly string[] });

export interface CommandResult {
  readonly findings: readonly string[];
  readonly histories: number;
  /** How often something did go wrong, by command and kind. */
  readonly faults: ReadonlyMap<string, number>;
}

/** What is to be gone through of one command. */
type Turns = readonly (readonly [CommandFault, number])[];

/** Lives through histories of commands that touch no agent: one thing goes wrong in each. */
export async function commandCampaign(
  choice: CommandChoice,
  say: (line: string) => void,
): Promise<CommandResult> {
  const fleet = new CommandFleet();
  const foreign = await Foreign.create(fleet);
  const findings: string[] = [];
  const faults = new Map<string, number>();
  let histories = 0;
  const random = choice.kind === 'random' ? new Random(choice.seed) : null;
  const shared = (names: readonly string[], index: number): number => {
    if (choice.kind !== 'random') return 0;
    return Math.floor(choice.histories / names.length) + (index < choice.histories % names.length ? 1 : 0);
  };
  try {
    await fleet.up();
    await fleet.controllerAtRest();
    const commands = commandsOf(kept(fleet));
    for (const runs of [true, false]) {
      if (!runs) await fleet.down();
      const order = fleet.files(runs);
      for (const command of commands.filter((one) => one.runs === runs && isChosen(choice, one))) {
        const reference = await refer(fleet, command, order);
        say(`${command.name} passes ${reference.places.length} places`);
        const count = shared(
          commands.map(({ name }) => name),
          commands.indexOf(command),
        );
        const turns = random === null ? every(choice, reference) : drawn(random, reference, count);
        for (const [kind, at] of turns) {
          if (findings.length >= 10) break;
          histories += 1;
          const {
            findings: wrong,
            place,
            faulted,
          } = await liveCommand(fleet, command, { kind, at }, reference, histories);
          const what = `${command.name}, ${kind.name}`;
          if (place !== null) faults.set(what, (faults.get(what) ?? 0) + 1);
          const where =
            place === null ? 'not reached' : `${place.what} ${short(fleet, place.on).slice(0, 110)}`;
          say(`${histories} ${what} at ${at}: ${where}; exit ${faulted.code}`);
          for (const line of [...wrong, ...foreign.problems()]) {
            say(`  WRONG ${short(fleet, line)}`);
            findings.push(`${what} at ${at} (${where}): ${short(fleet, line)}`);
          }
        }
      }
    }
    findings.push(...(await remainingProcesses(foreign)).map((line) => `at the end: ${line}`));
    return { findings, histories, faults };
  } finally {
    foreign.end();
    await fleet.dispose();
  }
}

const isChosen = (choice: CommandChoice, { name }: Command): boolean =>
  choice.kind === 'random' || choice.commands.length === 0 || choice.commands.includes(name);

/** The roster in force, as the history names it. */
function kept(fleet: CommandFleet): string {
  const id = fs
    .readdirSync(fleet.revisions)
    .flatMap((name) => /^\d+-([0-9a-f]{12})\.yaml$/.exec(name)?.[1] ?? []);
  if (id[0] === undefined) throw new Error('no roster is kept');
  return id[0];
}

/** How many places of a kind the command passes. */
const placesOf = ({ places }: Reference, { among }: CommandFault): number =>
  places.filter(({ what, on }) => new RegExp(among).test(`${what} ${on}`)).length;

function drawn(random: Random, reference: Reference, count: number): Turns {
  const kinds = commandFaults.filter((kind) => placesOf(reference, kind) > 0);
  return Array.from({ length: count }, () => random.pick(kinds)).flatMap((kind) =>
    kind === null ? [] : [[kind, random.whole(1, placesOf(reference, kind))] as const],
  );
}

function every(choice: CommandChoice, reference: Reference): Turns {
  if (choice.kind !== 'every') return [];
  return commandFaults
    .filter(({ name }) => choice.names.length === 0 || choice.names.includes(name))
    .flatMap((kind) => {
      const turns: (readonly [CommandFault, number])[] = [];
      for (let at = choice.from; at <= placesOf(reference, kind); at += choice.step) turns.push([kind, at]);
      return turns;
    });
}

const short = (fleet: CommandFleet, text: string): string =>
  text.replaceAll(`${fleet.directory}/`, '').slice(0, 600);
