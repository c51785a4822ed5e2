import { type Json, canonicalJson } from './canonical-json.js';
import { kickstartDigest, sha256 } from './hash.js';
import type { AgentSpec, Roster } from './types.js';

/** SHA-256 of the normalized roster, 40 hex digits: independent of order, format and spelling. */
export const revisionOf = (roster: Omit<Roster, 'lines' | 'revision'>): string => {
  const maxDisruption = { ...roster.maxDisruption };
  return sha256(canonicalJson({ ...roster, maxDisruption, agents: roster.agents.map(json) })).slice(0, 40);
};

const json = (agent: AgentSpec): Json => ({
  ...agent,
  backoff: { ...agent.backoff },
  resources: { ...agent.resources },
  kickstart: agent.kickstart && { path: agent.kickstart.path, digest: kickstartDigest(agent.kickstart) },
});
