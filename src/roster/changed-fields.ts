import { AGENT_COMMAND } from './environment-names.js';
import { usesInForce } from './effective.js';
import { FIELD_POLICY, type FieldPolicy } from './policy.js';
import {
  ARGV_IN_FORCE,
  COLUMNS,
  CONTEXT_IN_FORCE,
  ENV,
  KICKSTART_DIGEST,
  SITE_ENV,
} from './record-columns.js';
import type { SpecRecord } from './record.js';
import type { AgentSpec } from './types.js';

/** One field that differs. Environment values are never shown, so there `from` and `to` are null. */
export interface FieldChange {
  /** As in the roster, e.g. `working_directory`, `env.KEY`; `site_env.KEY` for a line of the env file. */
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly policy: 'restart' | 'context' | 'update';
}

const isField = (key: string): key is keyof AgentSpec => Object.hasOwn(FIELD_POLICY, key);

const COLUMN_POLICY: ReadonlyMap<string, FieldPolicy> = new Map(
  Object.keys(FIELD_POLICY)
    .filter(isField)
    .flatMap((field) => COLUMNS[field].map(({ name }) => [name, FIELD_POLICY[field]] as const)),
);

/** The fields that only matter through the argument vector they come to. */
export const THROUGH_ARGV = ['launcher', 'command', 'command_of', SITE_ENV + AGENT_COMMAND];

/**
 * The difference between two records, in the order of the field names, `agent` being what `to` was written of. A field
 * has policy `restart` only if what is in force changed with it, and at least one has it if the spec hash changed.
 */
export const changedFields = (from: SpecRecord, to: SpecRecord, agent: AgentSpec): FieldChange[] => {
  const differs = (key: string): boolean => from[key] !== to[key];
  const isArgvChanged = differs(ARGV_IN_FORCE);

  const policyOf = (key: string): FieldChange['policy'] => {
    if (THROUGH_ARGV.includes(key)) return isArgvChanged ? 'restart' : 'update';
    const variable = variableIn(key);
    if (variable !== null) return inForce(from, variable) === inForce(to, variable) ? 'update' : 'restart';
    // Another path to the same text changes nothing an agent reads.
    if (key === 'kickstart_template') return differs(KICKSTART_DIGEST) ? 'context' : 'update';
    const policy = COLUMN_POLICY.get(key) ?? 'update';
    switch (policy) {
      case 'restart':
      case 'context':
      case 'update':
        return policy;
      case 'restart-or-context':
        return isArgvChanged && isUsed(key, to, agent) ? 'restart' : 'context';
      case 'identity':
      case 'lifecycle':
        return 'update';
    }
  };

  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter(differs);
  const changes = keys
    .map((key) => (key === KICKSTART_DIGEST ? 'kickstart_template' : key))
    .filter((key, index, all) => !key.startsWith('in_force.') && all.indexOf(key) === index)
    .filter((key) => !isImplied(key, differs))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((field): FieldChange => {
      const isShown = variableIn(field) === null && differs(field);
      const shown = (record: SpecRecord): string | null =>
        isShown ? asInRoster(field, record[field] ?? null) : null;
      return { field, from: shown(from), to: shown(to), policy: policyOf(field) };
    });
  return isArgvChanged || differs(CONTEXT_IN_FORCE)
    ? explained(changes, isArgvChanged, differs(CONTEXT_IN_FORCE))
    : changes;
};

/**
 * Whose the command is, and that it makes the launcher irrelevant, says no more than the command itself; nor does the reset command
 * say more than the runtime that it is of.
 */
const isImplied = (key: string, differs: (key: string) => boolean): boolean =>
  key === 'command_of' ||
  (key === 'launcher' && differs('command')) ||
  (key === 'reset_command' && differs('runtime'));

/**
 * A hash that changed must have a field to name. Mostly it has; but where `{model_hint}` in the command was written
 * out, nothing but the command changed and yet the hint is now part of the context.
 */
const explained = (
  changes: FieldChange[],
  isArgvChanged: boolean,
  isContextChanged: boolean,
): FieldChange[] => {
  const isNamed = (policy: FieldChange['policy']): boolean =>
    changes.some((change) => change.policy === policy);
  const missing = [
    ...(isArgvChanged && !isNamed('restart') ? ['restart' as const] : []),
    ...(isContextChanged && !isNamed('context') && !isNamed('restart') ? ['context' as const] : []),
  ];
  return missing.reduce<FieldChange[]>((all, policy) => {
    const through = all.find((change) => THROUGH_ARGV.includes(change.field) && change.policy === 'update');
    if (through === undefined) return [...all, { field: 'command', from: null, to: null, policy }];
    return all.map((change) => (change === through ? { ...change, policy } : change));
  }, changes);
};

/** Protection has words of its own in records; the roster says `true` and `false`. */
const asInRoster = (field: string, value: string | null): string | null =>
  field !== 'persistent_persona' ? value : value === 'full' ? 'true' : value === 'none' ? 'false' : value;

/** Name of the variable a record's key is about, or null. */
const variableIn = (key: string): string | null => {
  if (key.startsWith(SITE_ENV)) return key.slice(SITE_ENV.length);
  return key.startsWith(ENV) ? key.slice(ENV.length) : null;
};

const inForce = (record: SpecRecord, variable: string): string | undefined =>
  record[SITE_ENV + variable] ?? record[ENV + variable];

const isUsed = (key: string, to: SpecRecord, agent: AgentSpec): boolean => {
  // Which command is in force is all that the site's lines decide here.
  const site = Object.hasOwn(to, SITE_ENV + AGENT_COMMAND) ? { [AGENT_COMMAND]: 'site' } : {};
  return key === 'class' || key === 'persona' || key === 'model_hint' ? usesInForce(agent, site, key) : false;
};
