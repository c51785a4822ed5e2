import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';

/**
 * Writes the manual page: `framework/man/fleet.1.in`, with the commands as the built program describes them.
 *
 * @param dist directory of the built package
 */
export async function writeManualPage(dist) {
  const { registerFleetCommand } = await import(pathToFileURL(path.resolve(dist, 'index.mjs')).href);
  const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8'));
  const commands = commandsOf(registerFleetCommand(new Command('mosaic')), 'fleet').join('');
  const page = fs
    .readFileSync(path.join('framework', 'man', 'fleet.1.in'), 'utf8')
    .replace('@VERSION@', version)
    .replace('@COMMANDS@\n', () => commands);
  fs.writeFileSync(path.join(dist, 'fleet.1'), page);
}

function commandsOf(parent, prefix) {
  const help = parent.createHelp();
  return help
    .visibleCommands(parent)
    .filter((command) => command.name() !== 'help')
    .flatMap((command) =>
      command.commands.length > 0
        ? commandsOf(command, `${prefix} ${command.name()}`)
        : [section(help, command, prefix)],
    );
}

function section(help, command, prefix) {
  const words = command.registeredArguments.map((argument) => {
    const word = `\\fI${text(help.argumentTerm(argument))}\\fR${argument.variadic ? ' ...' : ''}`;
    return argument.required ? word : `[${word}]`;
  });
  const usage = [`\\fB${text(`${prefix} ${command.name()}`)}\\fR`, ...words].join(' ');
  const options = help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .flatMap((option) => [
      '.RS\n.TP',
      `.B ${text(help.optionTerm(option))}`,
      text(help.optionDescription(option)),
      '.RE',
    ]);
  return ['.TP', usage, text(command.description()), ...options, ''].join('\n');
}

/** Text that roff takes as it stands. */
const text = (words) =>
  words
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/gm, '\\&$1');
