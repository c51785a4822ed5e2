import type { Command } from 'commander';
import { Argument, Option } from 'commander';
import { addAgentCommands } from './agent-program.js';
import {
  command,
  duration,
  durationOr,
  holdDuration,
  lines,
  run,
  run1,
  runAgents,
  runMany,
  runNamed,
} from './mount.js';
import type { ApplyOptions } from './commands/apply.js';
import type { EventsOptions } from './commands/events.js';
import type { HoldOptions } from './commands/hold.js';
import type { InitOptions } from './commands/init.js';
import type { ExportOptions } from './commands/export.js';
import type { InstallOptions } from './commands/install.js';
import type { PlanOptions } from './commands/plan.js';
import type { RollbackOptions } from './commands/rollback.js';
import type { RestartOptions } from './commands/restart.js';
import type { RunOptions } from './commands/run.js';
import type { TopOptions } from './commands/top.js';
import type { WaitOptions } from './commands/wait.js';
import type { StatusOptions } from './commands/status.js';

/** Adds fleet's options and subcommands to a command, be it our own program or another one's `fleet`. */
export function addFleetCommands(fleet: Command): Command {
  addFleetOptions(fleet);
  lookingCommands(fleet);
  actingCommands(fleet);
  hostCommands(fleet);
  addAgentCommands(fleet.command('agent').description('talk to agents'));
  return fleet;
}

/** The options that every command takes. */
export const addFleetOptions = (command: Command): Command =>
  command
    .option('--mosaic-home <dir>', 'Mosaic home (default: $MOSAIC_HOME, else ~/.config/mosaic)')
    .option('--roster <file>', 'roster (default: <home>/fleet/roster.yaml, .yml, .json)')
    .option('--no-color', 'no colour, also without a terminal that has it');

/** Commands that change nothing. */
function lookingCommands(fleet: Command): void {
  command(fleet, 'plan', 'show what apply would do, and why')
    .option('--json', 'one JSON document')
    .option('--detailed-exitcode', 'exit 2 where there are changes, 4 where an agent is unknown')
    .option('--out <file>', 'save the plan for: fleet apply FILE')
    .action(
      run(async (context, options: PlanOptions) => {
        const asked = await (await import('./early-look.js')).askUnits(context);
        return (await import('./commands/plan.js')).planCommand(context, options, asked);
      }),
    );
  command(fleet, 'status', 'show every agent, or one')
    .argument('[agent]')
    .addOption(new Option('-o, --output <format>', 'more columns, or JSON').choices(['wide', 'json']))
    .addOption(new Option('--json', 'the same as -o json').implies({ output: 'json' }))
    .option('-w, --watch', 'show it again whenever it changes')
    .action(
      runNamed(async (context, agent, options: StatusOptions) =>
        (await import('./commands/status.js')).statusCommand(context, agent, options),
      ),
    );
  command(fleet, 'top', 'what each agent takes of the machine; q or Ctrl-C ends it')
    .addOption(
      new Option('--sort <order>', 'what comes first').choices(['cpu', 'memory', 'name']).default('cpu'),
    )
    .addOption(new Option('--interval <duration>', 'look so often').argParser(duration).default(2000, '2s'))
    .action(
      run(async (context, options: TopOptions) =>
        (await import('./commands/top.js')).topCommand(context, options),
      ),
    );
  command(fleet, 'explain', 'why an agent is as it is, and what it waits for')
    .argument('<agent>')
    .action(
      run1(async (context, agent) => (await import('./commands/explain.js')).explainCommand(context, agent)),
    );
  command(fleet, 'events', 'what was done and decided')
    .option('--for <agent>', 'about this agent alone')
    .option('-n, --lines <count>', 'the last so many alone', lines)
    .option('-w, --watch', 'go on until interrupted')
    .option('--json', 'one JSON object per line')
    .action(
      run(async (context, options: EventsOptions) =>
        (await import('./commands/events.js')).eventsCommand(context, options),
      ),
    );
  command(fleet, 'wait', 'wait until agents are ready, idle or stopped; no agent: the whole fleet')
    .argument('[agent...]')
    .addOption(
      new Option('--for <state>', 'what to wait for').choices(['ready', 'idle', 'stopped']).default('ready'),
    )
    .addOption(
      new Option('--timeout <duration>', 'give up after so long').argParser(duration).default(300_000, '5m'),
    )
    .action(
      runAgents(async (context, agents, options: WaitOptions) =>
        (await import('./commands/wait.js')).waitCommand(context, agents, options),
      ),
    );
  command(fleet, 'validate', 'check a roster')
    .argument('[roster]')
    .action(
      runNamed(async (context, file) =>
        (await import('./commands/validate.js')).validateCommand(context, file),
      ),
    );
  command(fleet, 'verify', 'prove on the live fleet that every agent runs where and as it should').action(
    run(async (context) => (await import('./commands/verify.js')).verifyCommand(context)),
  );
  command(fleet, 'doctor', 'check the host').action(
    run(async (context) => (await import('./commands/doctor.js')).doctorCommand(context)),
  );
}

/** Commands that act on agents. */
function actingCommands(fleet: Command): void {
  command(fleet, 'apply', 'make the roster true')
    .argument('[planfile]', 'a plan saved with: fleet plan --out FILE')
    .option('--json', 'one JSON object per line')
    .option('--now', 'also act on agents that are busy or attached')
    .option('--approve <agent...>', 'approve what waits for approval of these agents')
    .option('--confirm', 'do a mass change that the brake holds')
    .option('--only <agent...>', 'act on these agents alone')
    .option('--wait [duration]', 'wait until what was started stays up (default: 60s)', durationOr(60_000))
    .action(
      runNamed(
        async (context, file, { wait, ...given }: Omit<ApplyOptions, 'wait'> & { wait?: number | true }) => {
          const asked = await (await import('./early-look.js')).askUnits(context);
          const options = {
            ...given,
            ...(wait === undefined ? {} : { wait: wait === true ? 60_000 : wait }),
          };
          return (await import('./commands/apply.js')).applyCommand(context, file, options, asked);
        },
      ),
    );
  command(fleet, 'run', 'the controller: keep the roster true')
    .option('--metrics-file <file>', 'write Prometheus metrics for a textfile collector; FILE ends in .prom')
    .option('--metrics-address <address>', 'serve Prometheus metrics, e.g. at 127.0.0.1:9464')
    .addOption(new Option('--resync <duration>').argParser(duration).hideHelp())
    .action(
      run(async (context, options: RunOptions) =>
        (await import('./commands/run.js')).runCommand(context, options),
      ),
    );
  command(fleet, 'start', 'release agents and start those that do not run; no agent: the whole fleet')
    .argument('[agent...]')
    .action(
      runAgents(async (context, agents) =>
        (await import('./commands/start.js')).startCommand(context, agents),
      ),
    );
  command(fleet, 'stop', 'stop agents and hold them; no agent: the whole fleet, then the holder')
    .argument('[agent...]')
    .action(
      runAgents(async (context, agents) => (await import('./commands/stop.js')).stopCommand(context, agents)),
    );
  command(fleet, 'restart', 'restart agents at once; no agent: every one that runs')
    .argument('[agent...]')
    .option('--fresh', 'end the conversation and begin a new one')
    .action(
      runAgents(async (context, agents, options: RestartOptions) =>
        (await import('./commands/restart.js')).restartCommand(context, agents, options),
      ),
    );
  command(fleet, 'hold', 'leave an agent as it is')
    .argument('<agent>')
    .option('--for <duration>', 'for so long, e.g. 2h', holdDuration)
    .option('--reason <text>', 'shown by plan and status')
    .action(
      run1(async (context, agent, options: HoldOptions) =>
        (await import('./commands/hold.js')).holdCommand(context, agent, options),
      ),
    );
  command(fleet, 'release', 'lift a hold')
    .argument('<agent>')
    .option('--for <duration>', 'for so long; held again after', holdDuration)
    .option('--reason <text>', 'shown by events')
    .action(
      run1(async (context, agent, options: HoldOptions) =>
        (await import('./commands/hold.js')).releaseCommand(context, agent, options),
      ),
    );
  command(fleet, 'approve', 'approve what waits for approval')
    .argument('[agent...]')
    .option('--all', 'everything that waits, and a mass change that the brake holds')
    .action(
      runAgents(async (context, agents, options: { all?: true }) =>
        (await import('./commands/approve.js')).approveCommand(context, agents, options.all === true),
      ),
    );
}

/** Commands about roster and host. */
function hostCommands(fleet: Command): void {
  command(fleet, 'init', 'print an example roster, or write it')
    .addOption(
      new Option('--profile <name>', 'which one')
        .choices(['minimal', 'local-canary', 'software-factory'])
        // The command itself refuses another one, with the nearest name.
        .argParser((name) => name)
        .default('minimal'),
    )
    .option('--write', 'write it to its place')
    .option('--force', 'with --write: replace an existing roster')
    .action(
      run(async (context, options: InitOptions) =>
        (await import('./commands/init.js')).initCommand(context, options),
      ),
    );
  command(fleet, 'rollback', 'put an earlier roster back into its file; no revision: the one before')
    .argument('[revision]', 'its number, or the first digits of its revision')
    .option('--list', 'show the kept rosters')
    .option('--json', 'with --list: one JSON document')
    .option('--dry-run', 'show what would change')
    .option('--templates', 'put the kickstart templates of then back, too')
    .action(
      runNamed(async (context, revision, options: RollbackOptions) =>
        (await import('./commands/rollback.js')).rollbackCommand(context, revision, options),
      ),
    );
  command(fleet, 'export', 'print what runs as a roster whose plan is empty; or adopt a session')
    .option('--write <file>', 'write it, with the values of env, for you alone (0600)')
    .option('--force', 'with --write: replace an existing file')
    .option('--show-env', 'print the values of env, too')
    .option('--adopt <agent>', "take the session of this name, somebody else's, into the fleet as it is")
    .option('--pane <pane>', "with --adopt: the agent's own, e.g. %7, where the session has several")
    .action(
      run(async (context, options: ExportOptions) =>
        (await import('./commands/export.js')).exportCommand(context, options),
      ),
    );
  command(fleet, 'install', 'put units and tools on the host')
    .alias('install-systemd')
    .option('--enable', 'start holder and controller at boot')
    .option('--dry-run', 'show what would change')
    .action(
      run(async (context, options: InstallOptions) =>
        (await import('./commands/install.js')).installCommand(context, options),
      ),
    );
  command(fleet, 'uninstall', 'remove exactly what install wrote')
    .option('--purge', "also fleet's files about agents and its state")
    .action(
      run(async (context, options: { purge?: true }) =>
        (await import('./commands/uninstall.js')).uninstallCommand(context, options),
      ),
    );
  command(fleet, 'completion', 'print the script that completes this command line in a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action(
      run1(async (context, shell) =>
        (await import('./commands/completion.js')).completionCommand(context, shell),
      ),
    );
  fleet
    .command('complete', { hidden: true })
    .argument('[word...]')
    .action(
      runMany(async (context, words) =>
        (await import('./commands/completion.js')).completeCommand(context, fleet, words),
      ),
    );
}
