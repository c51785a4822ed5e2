import { nearest } from '../roster/nearest.js';
import type { Roster } from '../roster/types.js';
import { visible } from '../roster/visible.js';
import { CommandFailure, ExitCode } from './exit-code.js';

/**
 * @param more who else is meant, such as agents that have left the roster and still run
 * @throws CommandFailure 64 naming every AGENT that is not in the roster, with its nearest name
 */
export function requireAgents(roster: Roster, agents: readonly string[], more: readonly string[] = []): void {
  const known = [...new Set([...roster.agents.map(({ name }) => name), ...more])];
  const unknown = [...new Set(agents)].filter((agent) => !known.includes(agent));
  if (unknown.length === 0) return;
  const lines = unknown.map((agent) => {
    const near = nearest(agent, known);
    return `${visible(agent)} is not in the roster${near === null ? '' : ` (did you mean ${near}?)`}`;
  });
  throw new CommandFailure(ExitCode.usage, `${lines.join('\n')}\nAgents: ${known.join(', ')}`);
}

/**
 * What the roster wants stopped would be stopped again by the next pass.
 *
 * @throws CommandFailure 1 naming every AGENT that is suspended
 */
export function requireNoneSuspended({ agents }: Roster, names: readonly string[], done: string): void {
  const suspended = agents.filter(({ name, suspend }) => suspend && names.includes(name));
  if (suspended.length === 0) return;
  const list = suspended.map(({ name }) => name).join(', ');
  throw new CommandFailure(
    ExitCode.error,
    `suspended in the roster: ${list}\nSet suspend: false there; nothing was ${done}`,
  );
}
