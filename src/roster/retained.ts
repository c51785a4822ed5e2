import equal from 'fast-deep-equal';
import type { Roster } from './types.js';

/**
 * The same roster, in which what says the same as before is the same object: an agent that did not change need not be hashed
 * again, and nothing at all need be done where the text was only read again.
 */
export function retained(before: Roster, now: Roster): Roster {
  const known = new Map(before.agents.map((agent) => [agent.name, agent]));
  const agents = now.agents.map((agent) => {
    const old = known.get(agent.name);
    return old !== undefined && equal(old, agent) ? old : agent;
  });
  const sameAgents =
    agents.length === before.agents.length && agents.every((agent, at) => agent === before.agents[at]);
  const roster = { ...now, agents: sameAgents ? before.agents : agents };
  return equal(before, roster) ? before : roster;
}
