import * as fs from 'node:fs';
import { CommandFleet } from './command-fleet.js';
import { liveCommand, refer } from './command-history.js';
import { commandsOf } from './commands.js';
import { Foreign } from './foreign.js';
import { Random } from './random.js';
import { remainingProcesses } from './remains.js';
import { isChosen, turnsOf, type CommandChoice } from './turns.js';

export interface CommandResult {
  readonly findings: readonly string[];
  readonly histories: number;
  /** How often something did go wrong, by command and kind. */
  readonly faults: ReadonlyMap<string, number>;
}

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
  try {
    await fleet.up();
    await fleet.controllerAtRest();
    const commands = commandsOf(kept(fleet));
    for (const runs of [true, false]) {
      if (!runs) await fleet.down();
      const order = fleet.files(runs);
      for (const command of commands.filter((one) => one.runs === runs && isChosen(choice, one.name))) {
        const reference = await refer(fleet, command, order);
        say(`${command.name} passes ${reference.places.length} places`);
        const turns = turnsOf(choice, random, reference.places, [commands.indexOf(command), commands.length]);
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

/** The roster in force, as the history names it. */
function kept(fleet: CommandFleet): string {
  const id = fs
    .readdirSync(fleet.revisions)
    .flatMap((name) => /^\d+-([0-9a-f]{12})\.yaml$/.exec(name)?.[1] ?? []);
  if (id[0] === undefined) throw new Error('no roster is kept');
  return id[0];
}

const short = (fleet: CommandFleet, text: string): string =>
  text.replaceAll(`${fleet.directory}/`, '').slice(0, 600);
