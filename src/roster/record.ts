import { canonicalJson } from './canonical-json.js';
import { AGENT_COMMAND, variableFault } from './environment-names.js';
import { type SiteEnvironment, effectiveSpec } from './effective.js';
import { contextHash, sha256 } from './hash.js';
import { ALL_COLUMNS, ARGV_IN_FORCE, CONTEXT_IN_FORCE, ENV, SITE_ENV, short } from './record-columns.js';
import type { AgentSpec } from './types.js';

export { type FieldChange, changedFields } from './changed-fields.js';

/**
 * What an agent was last applied with: field name as in the roster (`working_directory`, `backoff.base`) → value as
 * shown. Fields without a value are absent. Environment values appear as digests only. `in_force.*` are digests of
 * what the fields come to. Two equal records: nothing changed.
 */
export type SpecRecord = Readonly<Record<string, string>>;

/** Writes an agent down, with the site-owned lines of its env file. The last two follow from the first two. */
export const recordOf = (
  agent: AgentSpec,
  siteEnvironment: SiteEnvironment,
  effective = effectiveSpec(agent, siteEnvironment),
  context = contextHash(agent, siteEnvironment),
): SpecRecord => {
  const entries = ALL_COLUMNS.flatMap(({ name, of }): [string, string][] => {
    const value = of(agent);
    return value === null ? [] : [[name, value]];
  });
  for (const [name, value] of Object.entries(agent.env)) entries.push([ENV + name, short(sha256(value))]);
  for (const [name, value] of Object.entries(siteEnvironment)) {
    // Names no agent can be given are in force nowhere, nor is an empty command.
    const isInForce = name === AGENT_COMMAND ? value.trim() !== '' : variableFault(name) === null;
    if (isInForce) entries.push([SITE_ENV + name, short(sha256(value))]);
  }
  const argv = effective.ok ? canonicalJson(effective.value.argv) : `unusable: ${effective.failure}`;
  entries.push([ARGV_IN_FORCE, short(sha256(argv))], [CONTEXT_IN_FORCE, context]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
};
