import { canonicalJson } from './canonical-json.js';
import { kickstartDigest, sha256 } from './hash.js';
import type { AgentSpec, Roster } from './types.js';

/** SHA-256 of the normalized roster, 40 hex digits: independent of order, format and spelling. */
export const revisionOf = ({ agents, ...settings }: Omit<Roster, 'lines' | 'revision'>): string => {
  const maxDisruption = { ...settings.maxDisruption };
  return sha256(canonicalJson({ ...settings, maxDisruption }) + JSON.stringify(agents.map(digested))).slice(
    0,
    40,
  );
};

/** Needs no sorting of its keys: one function makes every agent, and its variables are sorted. */
const digested = (agent: AgentSpec): object => ({
  ...agent,
  kickstart: agent.kickstart && { path: agent.kickstart.path, digest: kickstartDigest(agent.kickstart) },
});
