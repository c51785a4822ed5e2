import { Command, CommanderError } from 'commander';
import { packageVersion } from '../host/assets.js';
import { ExitCode } from './exit-code.js';
import { addFleetCommands } from './program.js';

const program = addFleetCommands(new Command('fleet'))
  .description('keeps a fleet of long-lived AI coding agents running, from one roster file')
  .version(packageVersion(), '--version')
  .showSuggestionAfterError()
  .configureHelp({ showGlobalOptions: true })
  .exitOverride();
for (const command of program.commands) command.exitOverride();

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `fleet status | head` closes the pipe early; that is no failure.
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? ExitCode.done);
  throw error;
});

program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
});
