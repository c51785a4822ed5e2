import { Document, isCollection, isScalar } from 'yaml';
import {
  agentFields,
  defaultsOf,
  runtimesOf,
  type ExportedAgent,
  type PlainFields,
} from './export-fields.js';

import { sha256 } from './hash.js';
import { ENV, short } from './record-columns.js';
import { formatDuration } from './duration.js';
import type { SpecRecord } from './record.js';
import type { MaxDisruption, Roster } from './types.js';
import { visible } from './visible.js';

export { unlikeOthers, type ExportedAgent } from './export-fields.js';

/** A fleet as it is found, to be written as a roster. */
export interface ExportedFleet {
  readonly settings: Pick<Roster, 'socketName' | 'holderSession'>;
  /** What no agent's record tells; null: fleet's defaults. */
  readonly pace: Pick<Roster, 'startSpacingMs' | 'maxDisruption'> | null;
  readonly agents: readonly ExportedAgent[];
  /** First lines of the file, as comments. */
  readonly heading: readonly string[];
  /** What runs and cannot be written as an agent, as comments at the end; one line each. */
  readonly remarks: readonly string[];
}

const HIDDEN = ' hidden; print it with --show-env, or write it with --write FILE';
const LOST = ' its value is not known any more: write it here';

const writtenAt = /, written by fleet export at \S+\.$/m;

/** Whether two exports say the same, whenever they were written. */
export const sameExport = (one: string, other: string): boolean =>
  one.replace(writtenAt, '') === other.replace(writtenAt, '');

/**
 * The fleet as a roster (YAML). A variable whose value is hidden or not known is left empty, which no roster may have:
 * what is incomplete is refused when it is used, instead of restarting agents with other variables.
 */
export const exportText = (fleet: ExportedFleet, env: 'shown' | 'hidden'): string => {
  const { settings, pace, agents, heading, remarks } = fleet;
  const defaults = { ...defaultsOf(agents), ...(pace === null ? {} : paceFields(pace)) };
  const runtimes = runtimesOf(agents);
  const listed = agents.map((agent) =>
    agentFields(env === 'shown' ? agent : { ...agent, env: {} }, defaults),
  );
  const document = new Document({
    version: 1,
    transport: 'tmux',
    tmux: { socket_name: settings.socketName, holder_session: settings.holderSession },
    defaults,
    ...(Object.keys(runtimes).length === 0 ? {} : { runtimes }),
    agents: listed,
  } satisfies PlainFields);
  document.commentBefore = heading.map((line) => ` ${visible(line)}`).join('\n');
  const flow = [
    ['defaults', 'launcher'],
    ['defaults', 'backoff'],
    ...Object.keys(runtimes).map((name) => ['runtimes', name, 'command']),
    ...listed.flatMap((_, index) => [
      ['agents', index, 'command'],
      ['agents', index, 'resources'],
    ]),
  ];
  for (const path of flow) {
    const node = document.getIn(path, true);
    if (isCollection(node)) node.flow = true;
  }
  for (const [index, agent] of agents.entries()) {
    for (const name of variablesOf(agent.record)) {
      const node = document.getIn(['agents', index, 'env', name], true);
      if (isScalar(node) && node.value === null)
        node.comment = Object.hasOwn(agent.env, name) ? HIDDEN : LOST;
    }
  }
  const text = document.toString({ lineWidth: 0, nullStr: '', flowCollectionPadding: true });
  return text + remarks.map((line) => `# ${visible(line)}\n`).join('');
};

/** The variables of a record, by name. */
export const variablesOf = (record: SpecRecord): readonly string[] =>
  Object.keys(record).flatMap((key) => (key.startsWith(ENV) ? [key.slice(ENV.length)] : []));

/** The values of a record's variables, taken from whoever has one that fits the digest on record. */
export const findValues = (
  record: SpecRecord,
  sources: readonly Readonly<Record<string, string>>[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    variablesOf(record).flatMap((name) => {
      const value = sources
        .flatMap((source) => (Object.hasOwn(source, name) ? [source[name] ?? ''] : []))
        .find((each) => short(sha256(each)) === record[ENV + name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );

const paceFields = ({ startSpacingMs, maxDisruption }: NonNullable<ExportedFleet['pace']>): PlainFields => ({
  start_spacing: formatDuration(startSpacingMs),
  max_disruption: disruptionText(maxDisruption),
});

const disruptionText = (limit: MaxDisruption): string | number => {
  switch (limit.kind) {
    case 'count':
      return limit.value;
    case 'percent':
      return `${limit.value}%`;
  }
};
