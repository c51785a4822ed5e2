import { type Surroundings, readAgent } from './agent.js';
import { Fields } from './fields.js';
import type { Findings, Path } from './finding.js';
import { readDefaults, readTmux } from './fleet-settings.js';
import { KickstartTemplates, type ReadTemplate } from './kickstart.js';
import { type PlainMap, isPlainMap } from './plain-map.js';
import { revisionOf } from './revision.js';
import { checkIdleRuntimes, readRuntimes } from './runtime-settings.js';
import { checkSessions } from './sessions.js';
import type { Roster } from './types.js';

/** What a roster is read against. */
export interface CompileContext {
  /** Absolute path of the operator's home directory, which `~` stands for. */
  readonly home: string;
  /** Reads a kickstart template by its path as written in the roster. */
  readonly readTemplate: ReadTemplate;
}

/**
 * Plain data with canonical keys → a normalized roster, or null if anything was found wrong with it, now or before.
 * `lineOf` tells on which line, 1-based, an agent's name stands, by its path and its entry in `agents`. `checkSchema` reports
 * what roster/roster.schema.json says; where only whether counts, it needs no words.
 */
export const build = (
  plain: PlainMap,
  context: CompileContext,
  findings: Findings,
  lineOf: (path: Path, entry: unknown) => number,
  checkSchema: (plain: PlainMap, findings: Findings) => void,
): Roster | null => {
  const roster = new Fields(plain, [], findings);
  const tmux = readTmux(roster.below('tmux'));
  const defaults = readDefaults(roster.below('defaults'), context.home);
  const runtimes = readRuntimes(roster.below('runtimes'));
  const templates = new KickstartTemplates(context.readTemplate);
  const surroundings: Surroundings = { home: context.home, defaults, runtimes, templates };
  const entries: unknown = roster.raw('agents');
  const named = (Array.isArray(entries) ? entries : []).flatMap((entry: unknown, index) => {
    if (!isPlainMap(entry)) return [];
    const agent = readAgent(new Fields(entry, ['agents', index], findings), surroundings);
    const path = ['agents', index, 'name'];
    return [{ agent, path, line: lineOf(path, entry) }];
  });
  checkIdleRuntimes(runtimes, new Set(named.map(({ agent }) => agent.runtime)), roster.below('runtimes'));
  checkSessions(named, tmux.holderSession, findings);
  checkSchema(plain, findings);
  if (findings.list.length > 0) return null;

  const settings = {
    ...tmux,
    startSpacingMs: defaults.startSpacingMs,
    maxDisruption: defaults.maxDisruption,
    agents: named.map(({ agent }) => agent).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  const lines = Object.fromEntries(named.map(({ agent, line }) => [agent.name, line]));
  return { ...settings, lines, revision: revisionOf(settings) };
};
