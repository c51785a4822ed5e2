import type { Command } from 'commander';
import { addFleetCommands } from './cli/program.js';

/**
 * Mounts fleet's commands under another commander program, as `<program> fleet …`.
 *
 * @returns the `fleet` command
 */
export function registerFleetCommand(program: Command): Command {
  return addFleetCommands(program.command('fleet').description('keep a fleet of AI coding agents running'));
}

export { compileRoster } from './roster/compile.js';
export { formatDiagnostic } from './roster/diagnostic.js';
export type { AgentSpec, Diagnostic, DiagnosticCode, Roster } from './roster/types.js';
