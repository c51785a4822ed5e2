import type { Findings, Path } from './finding.js';
import type { AgentSpec } from './types.js';

/** An agent and where its name stands. */
export interface NamedAgent {
  readonly agent: AgentSpec;
  readonly path: Path;
  /** 1-based. */
  readonly line: number;
}

/** Reports agents with the same name, agents whose tmux sessions would be the same, and the holder's namesake. */
export const checkSessions = (agents: readonly NamedAgent[], holder: string, findings: Findings): void => {
  const first = new Map<string, NamedAgent>();
  for (const named of agents) {
    const { name, session } = named.agent;
    if (name === '') continue;
    const earlier = first.get(session);
    if (session === holder) {
      const mapped = name === session ? '' : ` (as tmux session "${session}")`;
      const message = `agent name "${name}"${mapped} is taken by the holder session; choose another name`;
      findings.value('ReservedName', named.path, message);
    } else if (earlier === undefined) first.set(session, named);
    else if (earlier.agent.name === name) {
      findings.value(
        'DuplicateAgent',
        named.path,
        `agent "${name}" is already declared on line ${earlier.line}`,
      );
    } else {
      const message =
        `agents "${name}" and "${earlier.agent.name}" (line ${earlier.line}) would share the tmux session "${session}": ` +
        'tmux cannot hold "." in a name and "_" is written instead; rename one';
      findings.value('SessionCollision', named.path, message);
    }
  }
};
