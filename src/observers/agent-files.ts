import equal from 'fast-deep-equal';
import type { AgentFiles, AppliedSpec, EnvironmentFile } from '../controller/observed.js';
import { changeOf, readKeptText, readText, stampAgain, type FileStamp } from '../host/atomic-file.js';
import { agentFile, displayPath, type Paths } from '../host/paths.js';
import type { IgnoredLine } from '../roster/environment-file.js';

/** Splits an env file's text; handed in because parsing belongs to the roster. */
export type ParseEnvironment = (text: string) => {
  readonly site: Readonly<Record<string, string>>;
  readonly managed: Readonly<Record<string, string>>;
  readonly ignored?: readonly IgnoredLine[];
};

/** What was read before, with what named the files' content then. For who looks again and again. */
export interface AgentFilesMemory {
  readonly agents: Map<string, Remembered>;
  /** Names the directory's content at the last look; null: it was not to be told. */
  directory: FileStamp | null;
  seen: ReadonlyMap<string, AgentFiles>;
}

interface Remembered {
  readonly environment: FileStamp;
  readonly record: FileStamp;
  readonly files: AgentFiles;
}

export const noFilesSeen = (): AgentFilesMemory => ({ agents: new Map(), directory: null, seen: new Map() });

/**
 * Reads fleet's files about each agent. Synchronous: two small files per agent, faster than any queue of promises.
 *
 * @param memory files that have not changed since are not read again, and give the same value; where none has, so does the
 *   whole
 */
export function observeAgentFiles(
  paths: Paths,
  agents: Iterable<string>,
  parse: ParseEnvironment,
  memory: AgentFilesMemory | null = null,
): ReadonlyMap<string, AgentFiles> {
  // Records are replaced by fleet alone, as a whole, which shows in their directory; only env files are edited in place.
  const directory = memory === null ? null : stampAgain(paths.agents, memory.directory);
  const recordsStand = directory !== null && directory === memory?.directory;
  if (memory !== null) memory.directory = directory;
  const found = new Map<string, AgentFiles>();
  let same = true;
  for (const agent of agents) {
    const files = remembered(paths, agent, parse, recordsStand, memory);
    found.set(agent, files);
    same &&= files === memory?.seen.get(agent);
  }
  if (memory === null) return found;
  // Of whoever is not looked at it is not known any more whether his record stands.
  if (memory.agents.size > found.size)
    for (const agent of memory.agents.keys()) if (!found.has(agent)) memory.agents.delete(agent);
  if (!same || found.size !== memory.seen.size) memory.seen = found;
  return memory.seen;
}

function remembered(
  paths: Paths,
  agent: string,
  parse: ParseEnvironment,
  recordsStand: boolean,
  memory: AgentFilesMemory | null,
): AgentFiles {
  if (memory === null) return readAgent(paths, agent, parse, null);
  const before = memory.agents.get(agent);
  const environment = stampAgain(agentFile(paths, agent, 'env'), before?.environment ?? null);
  const record =
    recordsStand && before !== undefined
      ? before.record
      : stampAgain(agentFile(paths, agent, 'json'), before?.record ?? null);
  if (environment !== null && environment === before?.environment && record === before.record)
    return before.files;
  const seen = memory.seen.get(agent);
  const read = readAgent(paths, agent, parse, seen ?? null);
  // One that was written so lately that it has to be read again is the same value all the same.
  const files = seen !== undefined && equal(seen, read) ? seen : read;
  if (environment === null || record === null || mayBeUnfinished(files)) memory.agents.delete(agent);
  else memory.agents.set(agent, { environment, record, files });
  return files;
}

/** @param before as they were seen before, where they were */
function readAgent(
  paths: Paths,
  agent: string,
  parse: ParseEnvironment,
  before: AgentFiles | null,
): AgentFiles {
  const file = agentFile(paths, agent, 'env');
  const content = readKeptText(file);
  const applied = readApplied(agentFile(paths, agent, 'json'));
  switch (content.state) {
    case 'absent':
      return {
        environmentFile: null,
        ...absentSince(before),
        siteEnvironment: { known: true, value: {} },
        owned: false,
        applied,
      };
    case 'unknown':
      return { siteEnvironment: { known: false, message: content.message }, owned: false, applied };
    case 'present': {
      const { site, managed, ignored } = parse(content.text);
      const owned = managed['MOSAIC_HOME'] === paths.home;
      const environmentFile = environmentFileOf(file, content.text, owned, before?.environmentFile ?? null);
      const files: AgentFiles = {
        ...(environmentFile === null ? {} : { environmentFile }),
        ...{ siteEnvironment: { known: true, value: site }, owned, applied },
        ...(ignored === undefined
          ? {}
          : { ignored: { file: displayPath(file, paths.userHome), lines: ignored } }),
      };
      if (!mayBeUnfinished(files)) return files;
      const message = `${file} was emptied a moment ago, and whoever did may not have written it yet`;
      return { ...files, siteEnvironment: { known: false, message } };
    }
  }
}

function absentSince(before: AgentFiles | null): Pick<AgentFiles, 'absentSince'> {
  const since = before?.environmentFile == null ? before?.absentSince : Date.now();
  return since === undefined ? {} : { absentSince: since };
}

/**
 * Looked at after its text was read: what is written in between makes it younger, and is read at the next look.
 *
 * @returns null where it has gone meanwhile
 */
function environmentFileOf(
  file: string,
  text: string,
  owned: boolean,
  before: EnvironmentFile | null,
): EnvironmentFile | null {
  const change = changeOf(file, Date.now());
  if (change === null) return null;
  // A clock of whole ticks may give two changes the same time.
  if (before?.inode === change.inode && before.changedAt === change.changedAt && before.text === text)
    return before;
  // Fleet itself puts its files there as a whole.
  return { text, ...change, replaced: before === null ? owned : before.inode !== change.inode };
}

/** `fleet` keeps lines of its own in the file of an agent that it has started, so an empty one is on its way to another content. */
const unfinishedMs = 10_000;

function mayBeUnfinished({ applied, environmentFile }: AgentFiles): boolean {
  if (applied === null || environmentFile?.text !== '') return false;
  const age = Date.now() - environmentFile.changedAt;
  return age >= 0 && age < unfinishedMs;
}

/** Fleet's own lines of an agent's env file, as they were written last; empty where they cannot be read. */
export function managedEnvironment(
  paths: Paths,
  agent: string,
  parse: ParseEnvironment,
): Readonly<Record<string, string>> {
  const file = readText(agentFile(paths, agent, 'env'));
  return file.state === 'present' ? parse(file.text).managed : {};
}

/** The runtime an agent that runs was started as; null: not on record. */
export const startedRuntime = (paths: Paths, agent: string): string | null =>
  readApplied(agentFile(paths, agent, 'json'))?.started['runtime'] ?? null;

/** A record that is missing or damaged is no record: the marks decide, and only the fields' names are lost. */
function readApplied(file: string): AppliedSpec | null {
  const content = readText(file);
  if (content.state !== 'present') return null;
  try {
    const value: unknown = JSON.parse(content.text);
    if (typeof value !== 'object' || value === null) return null;
    const { applied, started, starts } = value as Record<string, unknown>;
    return isRecord(applied) && isRecord(started)
      ? { applied, started, starts: typeof starts === 'number' ? starts : 0 }
      : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((entry) => typeof entry === 'string')
  );
}
