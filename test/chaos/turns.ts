import type { Choice } from './campaign.js';
import { commandFaults, type CommandFault } from './command-faults.js';
import type { Place } from './fault.js';
import type { Random } from './random.js';

/** As for an apply; of every place, those of these commands, of all where none is named. */
export type CommandChoice =
  | Extract<Choice, { kind: 'random' }>
  | (Extract<Choice, { kind: 'every' }> & { readonly commands: readonly string[] });

/** What is to be gone through of one command: what goes wrong, and where. */
export type Turns = readonly (readonly [CommandFault, number])[];

export const isChosen = (choice: CommandChoice, name: string): boolean =>
  choice.kind === 'random' || choice.commands.length === 0 || choice.commands.includes(name);

/**
 * @param random null: every place
 * @param places that the command passes where nothing goes wrong
 * @param share which of how many commands it is, among which the histories are divided
 */
export function turnsOf(
  choice: CommandChoice,
  random: Random | null,
  places: readonly Place[],
  [index, commands]: readonly [number, number],
): Turns {
  if (choice.kind === 'every') return every(choice, places);
  const count = Math.floor(choice.histories / commands) + (index < choice.histories % commands ? 1 : 0);
  return random === null ? [] : drawn(random, places, count);
}

/** How many places of a kind the command passes. */
const placesOf = (places: readonly Place[], { among }: CommandFault): number =>
  places.filter(({ what, on }) => new RegExp(among).test(`${what} ${on}`)).length;

function drawn(random: Random, places: readonly Place[], count: number): Turns {
  const kinds = commandFaults.filter((kind) => placesOf(places, kind) > 0);
  return Array.from({ length: count }, () => random.pick(kinds)).flatMap((kind) =>
    kind === null ? [] : [[kind, random.whole(1, placesOf(places, kind))] as const],
  );
}

const every = (choice: Extract<CommandChoice, { kind: 'every' }>, places: readonly Place[]): Turns =>
  commandFaults
    .filter(({ name }) => choice.names.length === 0 || choice.names.includes(name))
    .flatMap((kind) => {
      const turns: (readonly [CommandFault, number])[] = [];
      for (let at = choice.from; at <= placesOf(places, kind); at += choice.step) turns.push([kind, at]);
      return turns;
    });
