import type { EffectiveSpec } from '../roster/effective.js';
import { effectiveSpec } from '../roster/effective.js';
import { contextHash, specHash } from '../roster/hash.js';
import { recordOf, type SpecRecord } from '../roster/record.js';
import type { AgentSpec, Roster } from '../roster/types.js';
import type { AgentFiles } from './observed.js';

/** What the roster and the site's own env lines want of one agent. */
export type Desired =
  | {
      readonly kind: 'resolved';
      readonly spec: AgentSpec;
      readonly effective: EffectiveSpec;
      readonly site: Readonly<Record<string, string>>;
      readonly specHash: string;
      readonly contextHash: string;
      readonly record: SpecRecord;
    }
  /** The env file cannot be read or holds a command that cannot be split: nothing is wanted that could be hashed. */
  | { readonly kind: 'unresolved'; readonly spec: AgentSpec; readonly message: string };

/** What was resolved before, and from which files. */
export interface EarlierDesired {
  readonly roster: Roster;
  readonly desired: ReadonlyMap<string, Desired>;
  readonly files: ReadonlyMap<string, AgentFiles>;
}

/** @param before the same agent with the same files (by identity) is not resolved again, and the same roster not at all */
export function resolveDesired(
  roster: Roster,
  files: ReadonlyMap<string, AgentFiles>,
  before: EarlierDesired | null = null,
): ReadonlyMap<string, Desired> {
  if (before?.roster === roster && before.files === files) return before.desired;
  return new Map(
    roster.agents.map((spec) => {
      const { name } = spec;
      const earlier = before?.desired.get(name);
      const same = earlier?.spec === spec && before?.files.get(name) === files.get(name);
      return [name, same ? earlier : resolveAgent(spec, files.get(name))];
    }),
  );
}

function resolveAgent(spec: AgentSpec, files: AgentFiles | undefined): Desired {
  const environment = files?.siteEnvironment ?? { known: true, value: {} };
  if (!environment.known) return { kind: 'unresolved', spec, message: environment.message };
  const site = environment.value;
  const effective = effectiveSpec(spec, site);
  if (!effective.ok) return { kind: 'unresolved', spec, message: effective.failure };
  const context = contextHash(spec, site);
  return {
    kind: 'resolved',
    spec,
    effective: effective.value,
    site,
    specHash: specHash(effective.value),
    contextHash: context,
    record: recordOf(spec, site, effective, context),
  };
}
