import { assess, type Assessment } from '../controller/assess.js';
import { managedEnvironment } from '../observers/agent-files.js';
import { processFacts } from '../observers/process-facts.js';
import { readHistory } from '../observers/revisions.js';
import { templateReader } from '../observers/roster-file.js';
import { displayPath } from '../host/paths.js';
import { parseEnvironmentFile } from '../roster/environment-file.js';
import { findValues, unlikeOthers, type ExportedAgent, type ExportedFleet } from '../roster/export.js';
import { recordOf, type SpecRecord } from '../roster/record.js';
import type { Roster } from '../roster/types.js';
import type { Context } from './context.js';
import { CommandFailure } from './exit-code.js';
import type { Pass } from './pass.js';
import { loadRoster } from './roster-source.js';
import { compileText } from './roster-text.js';

/**
 * The roster in force as far as it is known: the latest that was applied, else what the file says. It tells what no live
 * agent does: the settings of the fleet as a whole, and who is suspended. null where there is neither.
 */
export async function rosterInForce(context: Context): Promise<Roster | null> {
  const { paths } = context;
  const read = readHistory(paths.state);
  const latest = read.known
    ? read.revisions.findLast(({ kind, valid }) => kind === 'applied' && valid)
    : undefined;
  if (latest !== undefined) {
    const fromDisk = templateReader(paths.roster, paths.userHome);
    const compiled = compileText(context, latest.text, `revision ${latest.number}`, (path) =>
      Object.hasOwn(latest.templates, path)
        ? { ok: true, text: latest.templates[path] ?? '' }
        : fromDisk(path),
    );
    if (compiled.ok) return compiled.value;
  }
  try {
    return await loadRoster(context);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return null;
  }
}

/** What runs, as it is to be written down, in the order of the agents' names. */
export function exportedFleet(context: Context, pass: Pass, known: Roster | null): ExportedFleet {
  const { roster } = pass.world;
  const agents: ExportedAgent[] = [];
  const remarks: string[] = [];
  for (const assessment of assess(pass.world).agents) {
    const found = exported(context, assessment, known);
    if (typeof found === 'string') remarks.push(found);
    else if (found !== null) agents.push(found);
  }
  for (const name of unlikeOthers(agents)) {
    remarks.push(
      `${name} runs with another launcher, stop_grace or backoff than most: a roster has one for the whole fleet`,
    );
  }
  const stopped = agents.filter(({ suspend }) => suspend).map(({ name }) => name);
  return {
    settings: roster,
    pace: known,
    agents,
    heading: [
      `What ran on socket ${roster.socketName}, written by fleet export at ${new Date(context.now()).toISOString()}.`,
      ...(stopped.length === 0 ? [] : [`Did not run, and are suspended here: ${stopped.join(', ')}.`]),
    ],
    remarks,
  };
}

/** An agent, why it cannot be written as one, or null where there is nothing of fleet's. */
function exported(
  context: Context,
  assessment: Assessment,
  known: Roster | null,
): ExportedAgent | string | null {
  const { agent, situation, files, desired, owned } = assessment;
  switch (situation.kind) {
    case 'unknown':
      return `${agent}: cannot be told: ${situation.message}`;
    case 'unmarked':
      return desired === null
        ? `${agent}: its unit runs without marks of fleet ${processText(context, situation.pane.pid)}`
        : `${agent}: its unit runs without marks of fleet; fleet apply adopts it, and then it can be exported`;
    case 'starting':
    case 'exited':
    case 'live': {
      if (desired === null && !owned) return `${agent}: its unit was not started by this fleet; left alone`;
      const record = files?.applied?.applied ?? recordInForce(assessment);
      if (record !== null) return withValues(context, agent, record, false, known);
      const where = situation.kind === 'live' ? ` ${processText(context, situation.pane.pid)}` : '';
      return `${agent}: runs, but what it was started with is not on record${where}`;
    }
    case 'stopped':
    case 'stopping':
    case 'hollow':
    case 'foreign': {
      // In no roster, and not running: no part of the fleet.
      if (desired === null) return null;
      const record = desired.kind === 'resolved' ? desired.record : recordOf(desired.spec, {});
      return withValues(context, agent, record, true, known);
    }
  }
}

/** Without a record of its own an agent is what the roster in force says, where its marks agree. */
function recordInForce({ desired, situation }: Assessment): SpecRecord | null {
  if (situation.kind !== 'live' || desired?.kind !== 'resolved') return null;
  return situation.session.marks.spec === desired.specHash ? desired.record : null;
}

function withValues(
  { paths }: Context,
  name: string,
  record: SpecRecord,
  suspend: boolean,
  known: Roster | null,
): ExportedAgent {
  const declared = known?.agents.find((one) => one.name === name)?.env ?? {};
  const env = findValues(record, [managedEnvironment(paths, name, parseEnvironmentFile), declared]);
  return { name, record, suspend, env };
}

/** What a process itself tells about how it might be declared. */
export function processText({ paths }: Context, pid: number): string {
  const { directory, commands } = processFacts(pid);
  const command = JSON.stringify(commands[0] ?? []);
  const where = directory === null ? '' : `, working_directory: ${displayPath(directory, paths.userHome)}`;
  return `(pid ${pid}${where}, command: ${command})`;
}
