import { ENV } from './record-columns.js';
import type { SpecRecord } from './record.js';
import { defaultResetCommand } from './runtimes.js';

/** One agent of an exported roster. */
export interface ExportedAgent {
  readonly name: string;
  /** What it was applied with. */
  readonly record: SpecRecord;
  readonly suspend: boolean;
  /** Values of its variables, as far as they could be found; the record has digests alone. */
  readonly env: Readonly<Record<string, string>>;
}

/** Fields of a map, in the order in which they are written. */
export type PlainFields = Record<string, unknown>;

/** The settings of which a roster has one for the whole fleet, and each agent's record its own. */
const FLEET_WIDE = ['launcher', 'stop_grace', 'backoff.base', 'backoff.max', 'backoff.reset_after'];

/**
 * `defaults`, from what most agents were applied with. Written out in full, so that another version's own defaults change
 * nothing. Where agents differ in what is only said once, the rest will show as a change.
 */
export const defaultsOf = (agents: readonly ExportedAgent[]): PlainFields => {
  const most = (column: string): string | undefined => usual(agents.map(({ record }) => record[column]));
  const launcher = words(most('launcher'));
  const stallAfter = Number(most('backoff.stall_after'));
  const backoff = defined({
    base: most('backoff.base'),
    max: most('backoff.max'),
    reset_after: most('backoff.reset_after'),
    stall_after: Number.isInteger(stallAfter) ? stallAfter : undefined,
  });
  return defined({
    working_directory: most('working_directory'),
    launcher: launcher ?? undefined,
    disruption: usual(
      agents.map(({ record }) =>
        record['persistent_persona'] === 'full' ? undefined : record['disruption'],
      ),
    ),
    idle_after: most('idle_after'),
    stop_grace: most('stop_grace'),
    backoff: Object.keys(backoff).length === 0 ? undefined : backoff,
  });
};

/** Agents whose fleet-wide settings are not those of most: one roster cannot say both. */
export const unlikeOthers = (agents: readonly ExportedAgent[]): readonly string[] =>
  agents.flatMap(({ name, record }) =>
    FLEET_WIDE.some((column) => {
      const value = record[column];
      return value !== undefined && value !== usual(agents.map((other) => other.record[column]));
    })
      ? [name]
      : [],
  );

/** `runtimes`: only what is not fleet's own default. */
export const runtimesOf = (agents: readonly ExportedAgent[]): PlainFields => {
  const names = [...new Set(agents.flatMap(({ record }) => record['runtime'] ?? []))].sort();
  const entries = names.flatMap((name): readonly (readonly [string, PlainFields])[] => {
    const records = agents.map(({ record }) => record).filter((record) => record['runtime'] === name);
    const most = (column: string): string | undefined => usual(records.map((record) => record[column]));
    const shared = records.filter((record) => record['command_of'] === 'runtime');
    const reset = most('reset_command');
    const fields = defined({
      command: words(usual(shared.map((record) => record['command']))) ?? undefined,
      reset_command: reset === defaultResetCommand(name) ? undefined : reset,
      ready_pattern: most('ready_pattern'),
      busy_pattern: most('busy_pattern'),
      dialog_pattern: most('dialog_pattern'),
      composer_pattern: most('composer_pattern'),
      fresh_pattern: most('fresh_pattern'),
      submit_delay: most('submit_delay'),
      conversation: conversationOf(most),
    });
    return Object.keys(fields).length === 0 ? [] : [[name, fields]];
  });
  return Object.fromEntries(entries);
};

const conversationOf = (most: (column: string) => string | undefined): PlainFields | undefined => {
  const fields = defined({
    new: words(most('conversation.new')) ?? undefined,
    resume: words(most('conversation.resume')) ?? undefined,
  });
  return Object.keys(fields).length === 0 ? undefined : fields;
};

/** One entry of `agents`; what `defaults` says is left out. A variable without a known value is null. */
export const agentFields = (
  { name, record, suspend, env }: ExportedAgent,
  defaults: PlainFields,
): PlainFields => {
  const unlessDefault = (column: string): string | undefined =>
    record[column] === defaults[column] ? undefined : record[column];
  const unless = (column: string, value: string): string | undefined =>
    record[column] === value ? undefined : record[column];
  const keys = Object.keys(record).filter((key) => key.startsWith(ENV));
  const variables = keys.map((key) => key.slice(ENV.length));
  const protection = record['persistent_persona'];
  const resources = defined({
    memory_max: record['resources.memory_max'],
    cpu_quota: record['resources.cpu_quota'],
    tasks_max: record['resources.tasks_max'],
  });
  return defined({
    name,
    runtime: record['runtime'],
    class: unless('class', 'worker'),
    working_directory: unlessDefault('working_directory'),
    command: record['command_of'] === 'agent' ? (words(record['command']) ?? undefined) : undefined,
    model_hint: record['model_hint'],
    env:
      variables.length === 0
        ? undefined
        : Object.fromEntries(variables.map((key) => [key, env[key] ?? null])),
    persistent_persona:
      record['persona'] ?? (protection === 'full' ? true : protection === 'semi' ? 'semi' : undefined),
    reset_between_tasks: record['reset_between_tasks'] === 'true' ? true : undefined,
    kickstart_template: record['kickstart_template'],
    disruption: protection === 'full' ? unless('disruption', 'ask') : unlessDefault('disruption'),
    idle_after: unlessDefault('idle_after'),
    resources: Object.keys(resources).length === 0 ? undefined : resources,
    suspend: suspend ? true : undefined,
    resume: record['resume'] === 'false' ? false : undefined,
    on_interrupted: unless('on_interrupted', 'wait'),
  });
};

const defined = (fields: PlainFields): PlainFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The value that most have; among equals the first by code units. */
const usual = (values: readonly (string | undefined)[]): string | undefined => {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return first?.[0];
};

/** Words as a record holds them; null where there are none, or where somebody wrote something else there. */
const words = (text: string | undefined): readonly string[] | null => {
  if (text === undefined) return null;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((word) => typeof word === 'string') ? value : null;
  } catch {
    return null;
  }
};
