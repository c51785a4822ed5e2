import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What only the host knows. Called only where such a word may stand. */
export interface Known {
  readonly agents: () => readonly Candidate[];
}

/**
 * What may stand where the cursor is.
 *
 * @param words of the command line after the program's name; the last one is being typed and may be empty
 */
export function candidates(program: Command, words: readonly string[], known: Known): readonly Candidate[] {
  const typed = words.at(-1) ?? '';
  const { command, before, operands, pending, asked } = walk(program, words.slice(0, -1));
  const begins = ({ value }: Candidate): boolean => value.startsWith(typed);
  if (asked) return operands.length > 0 ? [] : subcommands(command).filter(begins);
  // Values that may be left out, or of which there are several, end where an option begins.
  const goesOn = typed.startsWith('-') && pending !== null && (pending.optional || pending.variadic);
  if (pending !== null && !goesOn) return valuesOf(pending, known).filter(begins);
  if (typed.startsWith('-') && !before.includes('--')) {
    const given = /^(--[a-z-]+)=(.*)$/s.exec(typed);
    if (given === null) return optionsOf(command).map(candidateOf).filter(begins);
    const option = findOption(command, given[1] ?? '');
    return (option === null ? [] : valuesOf(option, known))
      .map(({ value, description }) => ({ value: `${given[1]}=${value}`, description }))
      .filter(begins);
  }
  const below = operands.length > 0 ? [] : subcommands(command);
  const argument = command.registeredArguments[operands.length] ?? command.registeredArguments.at(-1);
  const fits =
    argument !== undefined && (operands.length < command.registeredArguments.length || argument.variadic);
  const taken = new Set(operands);
  return [
    ...below,
    ...(fits ? valuesOf(argument, known).filter(({ value }) => !taken.has(value)) : []),
  ].filter(begins);
}

interface Place {
  readonly command: Command;
  /** Words of this command alone. */
  readonly before: readonly string[];
  readonly operands: readonly string[];
  /** The option whose value is being typed. */
  readonly pending: Option | null;
  /** Whether help is asked for: what follows are names of commands alone. */
  readonly asked: boolean;
}

function walk(program: Command, words: readonly string[]): Place {
  let place: Place & { operands: string[]; before: string[] } = {
    command: program,
    before: [],
    operands: [],
    pending: null,
    asked: false,
  };
  for (const word of words) {
    const { command, before, operands, pending } = place;
    const only = before.includes('--');
    before.push(word);
    if (pending !== null && !word.startsWith('-')) {
      // `--approve a b` goes on taking values until the next option.
      if (!pending.variadic) place = { ...place, pending: null };
    } else if (!only && word.startsWith('-')) {
      const option = findOption(command, word);
      place = { ...place, pending: option !== null && takesValue(option) ? option : null };
    } else {
      const below =
        operands.length > 0 ? undefined : command.commands.find((one) => names(one).includes(word));
      if (below !== undefined) place = { ...place, command: below, before: [], operands: [], pending: null };
      // commander's own, which is in no list of commands.
      else if (word === 'help' && operands.length === 0 && command.commands.length > 0)
        place = { ...place, asked: true };
      else operands.push(word);
    }
  }
  return place;
}

const names = (command: Command): readonly string[] => [command.name(), ...command.aliases()];

const takesValue = ({ required, optional }: Option): boolean => required || optional;

/** Its own and those of the commands above it, except what is hidden. */
function optionsOf(command: Command): readonly Option[] {
  const help = command.createHelp();
  const above = command.parent === null ? [] : optionsOf(command.parent);
  return [
    ...help.visibleOptions(command),
    ...above.filter(({ long }) => long !== '--version' && long !== '--help'),
  ];
}

const findOption = (command: Command, word: string): Option | null =>
  optionsOf(command).find(({ short, long }) => word === short || word === long) ?? null;

const candidateOf = ({ short, long, description }: Option): Candidate => ({
  value: long ?? short ?? '',
  description,
});

const subcommands = (command: Command): readonly Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: one.description() }));

/** A word that is called an agent is one; what is not listed here is a file, which the shell knows better. */
function valuesOf(of: Argument | Option, { agents }: Known): readonly Candidate[] {
  if (of.argChoices !== undefined) return of.argChoices.map((value) => ({ value, description: '' }));
  const name = 'flags' in of ? of.flags : of.name();
  return name.includes('agent') ? agents() : [];
}
