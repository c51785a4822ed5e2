import { InvalidArgumentError, Option, type Command } from 'commander';
import type { OutboxOptions } from './commands/agent-outbox.js';
import type { ResetOptions } from './commands/agent-reset.js';
import type { SendOptions } from './commands/agent-send.js';
import { command, duration, lines, run, run1, run2, runNamed } from './mount.js';

/** Adds the commands that talk to agents to a command, be it `fleet agent` or another program's `agent`. */
export function addAgentCommands(agent: Command): Command {
  lookingCommands(agent);
  talkingCommands(agent);
  return agent;
}

function lookingCommands(agent: Command): void {
  command(agent, 'roster', 'who is in the fleet')
    .option('--json', 'one JSON document')
    .action(
      run(async (context, options: { json?: true }) =>
        (await import('./commands/agent-look.js')).rosterCommand(context, options),
      ),
    );
  command(agent, 'status', 'how agents are')
    .argument('[agent]')
    .option('--json', 'one JSON document')
    .action(
      runNamed(async (context, name, { json }: { json?: true }) =>
        (await import('./commands/status.js')).statusCommand(
          context,
          name,
          json === true ? { output: 'json' } : {},
        ),
      ),
    );
  command(agent, 'conversations', 'which conversations it is, and was, in')
    .argument('<agent>')
    .option('--json', 'one JSON document')
    .action(
      run1(async (context, name, options: { json?: true }) =>
        (await import('./commands/agent-conversations.js')).conversationsCommand(context, name, options),
      ),
    );
  command(agent, 'tail', 'the last lines of its screen')
    .argument('<agent>')
    .option('-n, --lines <count>', 'so many lines', lines, 80)
    .option('-f, --follow', 'go on until interrupted')
    .action(
      run1(async (context, name, options: { lines: number; follow?: true }) =>
        (await import('./commands/agent-look.js')).tailCommand(context, name, options),
      ),
    );
  command(agent, 'attach', 'attach this terminal; read-only while it is busy')
    .argument('<agent>')
    .option('--write', 'type, though it is busy')
    .option('--read-only', 'do not type, though it is idle')
    .action(
      run1(async (context, name, options: { write?: true; readOnly?: true }) =>
        (await import('./commands/agent-look.js')).attachCommand(context, name, options),
      ),
    );
}

function talkingCommands(agent: Command): void {
  sending(command(agent, 'send', 'send a message, and say what became of it'))
    .addOption(new Option('--session', 'the agent may be named by its session').hideHelp())
    .action(
      run1(async (context, name, options: SendOptions) =>
        (await import('./commands/agent-send.js')).sendCommand(context, name, options),
      ),
    );
  sending(command(agent, 'assign', 'give it a task: reset a disposable slot, first message, then this'))
    .option('--interrupt', 'interrupt what it does')
    .option('--now', 'end its process where it cannot be reset at once')
    .action(
      run1(async (context, name, options: SendOptions & ResetOptions) =>
        (await import('./commands/agent-assign.js')).assignCommand(context, name, options),
      ),
    );
  command(agent, 'reset', 'give it a fresh conversation')
    .argument('<agent>')
    .option('--clear', 'by /clear')
    .option('--new', 'by /new')
    .option('--interrupt', 'interrupt what it does')
    .option('--now', 'end its process where it cannot be reset at once')
    .option('--timeout <duration>', 'wait so long until it is idle', duration)
    .action(
      run1(async (context, name, options: ResetOptions) =>
        (await import('./commands/agent-reset.js')).resetCommand(context, name, options),
      ),
    );
  command(
    agent,
    'resume',
    'start or restart it in a conversation that it was in before, or that a human began',
  )
    .argument('<agent>')
    .argument('<id>', 'its id; the first characters of it, where it is on record')
    .action(
      run2(async (context, name, id) =>
        (await import('./commands/agent-conversations.js')).resumeCommand(context, name, id),
      ),
    );
  command(agent, 'outbox', 'what was left for it')
    .argument('<agent>')
    .option('--deliver', 'try to deliver it now')
    .option('--clear-draft', 'with --deliver: empty a composer in which a draft stands')
    .option('--drop <id>', 'drop a message')
    .option('--json', 'one JSON document')
    .action(
      run1(async (context, name, options: OutboxOptions) =>
        (await import('./commands/agent-outbox.js')).outboxCommand(context, name, options),
      ),
    );
}

const sending = (send: Command): Command =>
  send
    .argument('<agent>')
    .option('-m, --message <text>', 'the message; without it and --file: standard input')
    .option('-f, --file <file>', 'the message is in a file; - is standard input')
    .option('--when-idle', 'wait until it is idle')
    .option('--later', 'leave it for later where it cannot be delivered now')
    .option('--clear-draft', 'empty a composer in which a draft stands')
    .option('--timeout <duration>', 'wait so long for an agent that cannot be talked to', duration)
    .option('--retries <count>', 'press Enter so many more times where it is not taken', count)
    .option('--source-label <label>', 'who speaks, in place of operator or the agent of this pane')
    .option('--source <source>', 'the whole source, in place of host:label')
    .option('--host-name <name>', 'name of this host in the preamble')
    .option('--no-preamble', 'the message alone, without [source -> host:agent] before it')
    .option('--socket <name>', 'refuse where the fleet is on another tmux socket')
    .option('--json', 'the receipt as one JSON object');

function count(text: string): number {
  if (!/^[0-9]{1,2}$/.test(text)) throw new InvalidArgumentError('Expected a number from 0 to 99.');
  return Number(text);
}
