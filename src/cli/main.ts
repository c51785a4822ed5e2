import { Command, CommanderError } from 'commander';
import { packageVersion } from '../host/assets.js';
import { fileProblem } from '../host/atomic-file.js';
import { isDevice, letGoOfLostTerminals } from '../host/terminal.js';
import { ExitCode } from './exit-code.js';
import { addFleetCommands } from './program.js';
import { endAsDocumented } from './usage.js';

/** Runs the command line of this process. */
export function main(): void {
  letGoOfLostTerminals();
  // First, for the commands to take it over.
  const program = addFleetCommands(new Command('fleet').exitOverride())
    .description('keeps a fleet of long-lived AI coding agents running, from one roster file')
    .version(packageVersion(), '--version')
    .configureHelp({ showGlobalOptions: true });
  endAsDocumented(program);

  const output = { failed: false };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Work that was begun is finished and its exit code told, whether or not anybody reads. A reader that has seen enough
    // (`fleet status | head`) is no failure, nor is a terminal that was closed.
    if (error.code === 'EPIPE' || (error.code === 'EIO' && isDevice(1)) || output.failed) return;
    output.failed = true;
    // Not `fileProblem`'s advice to run it again: a message would be sent twice.
    const full = ['ENOSPC', 'EDQUOT'].includes(error.code ?? '');
    const problem = full ? 'no space left on the disk' : fileProblem(error);
    const advice = 'what was done is done; see fleet events, or fleet status, before you run it again';
    process.stderr.write(`fleet: cannot write to standard output: ${problem}; ${advice}\n`);
  });
  process.stderr.on('error', () => undefined);
  process.on('exit', (code) => {
    if (output.failed && code === ExitCode.done) process.exitCode = ExitCode.error;
  });

  program.parseAsync(asked(program, process.argv.slice(2)), { from: 'user' }).catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  });
}

/**
 * commander (14) takes one word for the command that help is wanted for: `help agent send` would tell of `agent`. And for one that
 * there is not it prints the help of all, without a word; by itself such a word is named.
 */
function asked(program: Command, words: readonly string[]): readonly string[] {
  const [first = '', name, ...rest] = words;
  if (first !== 'help' || name === undefined || name.startsWith('-')) return words;
  const group = named(program, name);
  if (group === undefined) return [name];
  const [command] = rest;
  if (command === undefined || group.commands.length === 0) return words;
  return command !== first && named(group, command) !== undefined ? [name, first, ...rest] : [name, command];
}

const named = (within: Command, name: string): Command | undefined =>
  within.commands.find((one) => one.name() === name || one.aliases().includes(name));
