import type { Command } from 'commander';
import { addAgentCommands } from './cli/agent-program.js';
import { addFleetCommands, addFleetOptions } from './cli/program.js';
import { endAsDocumented } from './cli/usage.js';

/**
 * Mounts fleet's commands under another commander program, as `<program> fleet …`.
 *
 * @returns the `fleet` command
 */
export function registerFleetCommand(program: Command): Command {
  const fleet = program.command('fleet').description('keep a fleet of AI coding agents running');
  return endAsDocumented(addFleetCommands(fleet));
}

/**
 * Mounts the commands that talk to agents under another commander program, as `<program> agent …`.
 *
 * @returns the `agent` command
 */
export function registerAgentCommand(program: Command): Command {
  const agent = program.command('agent').description('talk to agents of the fleet');
  return endAsDocumented(addAgentCommands(addFleetOptions(agent)));
}

export { compileRoster } from './roster/compile.js';
export { formatDiagnostic } from './roster/diagnostic.js';
export type { AgentSpec, Diagnostic, DiagnosticCode, Roster } from './roster/types.js';
