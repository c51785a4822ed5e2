import type { Command } from 'commander';
import { ExitCode } from './exit-code.js';

/**
 * Makes a command and those below it end as documented where they are not used as they should be: exit 64, and where to read
 * on. Under another program, too: how the process ends stays with commander, and with that program's own `exitOverride`.
 */
export function endAsDocumented<Self extends Command>(self: Self): Self {
  const error = self.error.bind(self);
  self.error = (message, options): never => {
    self.showHelpAfterError(`See: ${wordsOf(self)} --help`);
    return error(message, { ...options, exitCode: ExitCode.usage });
  };
  self.addHelpText('after', (asked) => {
    // commander (14) takes the code of help that nobody asked for from here, and 1 where there is none.
    if (asked.error) process.exitCode = ExitCode.usage;
    return '';
  });
  for (const command of self.commands) endAsDocumented(command);
  return self;
}

/** What is typed to get there; the program's own name is known once it parses. */
const wordsOf = (command: Command): string =>
  command.parent === null ? command.name() : `${wordsOf(command.parent)} ${command.name()}`;
