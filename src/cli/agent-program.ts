import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { sendCommand, type SendOptions } from './commands/agent-send.js';
import { command, duration, run1 } from './mount.js';

/** Adds the commands that talk to agents to a command, be it `fleet agent` or another program's `agent`. */
export function addAgentCommands(agent: Command): Command {
  talkingCommands(agent);
  return agent;
}

function talkingCommands(agent: Command): void {
  command(agent, 'send', 'send a message, and say what became of it')
    .argument('<agent>')
    .option('--message <text>', 'the message; without it and --file: standard input')
    .option('--file <file>', 'the message is in a file; - is standard input')
    .option('--when-idle', 'wait until it is idle')
    .option('--later', 'leave it for later where it cannot be delivered now')
    .option('--clear-draft', 'empty a composer in which a draft stands')
    .option('--timeout <duration>', 'wait so long for an agent that cannot be talked to', duration)
    .option('--retries <count>', 'press Enter so many more times where it is not taken', count)
    .option('--source-label <label>', 'who speaks, in place of operator or the agent of this pane')
    .option('--source <source>', 'the whole source, in place of host:label')
    .option('--host-name <name>', 'name of this host in the preamble')
    .option('--no-preamble', 'the message alone, without [source -> host:agent] before it')
    .option('--json', 'the receipt as one JSON object')
    .action(run1((context, name, options: SendOptions) => sendCommand(context, name, options)));
}

function count(text: string): number {
  if (!/^[0-9]{1,2}$/.test(text)) throw new InvalidArgumentError('Expected a number from 0 to 99.');
  return Number(text);
}
