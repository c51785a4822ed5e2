import * as path from 'node:path';
import { noWords } from '../../controller/gate.js';
import { resolveDesired } from '../../controller/desired.js';
import { plan as planOf } from '../../controller/plan.js';
import { fileProblem, isThere } from '../../host/atomic-file.js';
import { displayPath } from '../../host/paths.js';
import { observeInstallation } from '../../observers/installation.js';
import { templateReader } from '../../observers/roster-file.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import { exportText, type ExportedFleet } from '../../roster/export.js';
import type { Roster } from '../../roster/types.js';
import { visible } from '../../roster/visible.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { writeExport } from '../export-file.js';
import { exportedFleet, rosterInForce } from '../exported-fleet.js';
import { requireOwnInstallation } from '../guard.js';
import { observe, type Pass } from '../pass.js';
import { planText } from '../render/plan-text.js';
import { compileText } from '../roster-text.js';
import { adoptCommand } from './export-adopt.js';

export interface ExportOptions {
  readonly write?: string;
  readonly force?: true;
  readonly showEnv?: true;
  readonly adopt?: string;
  readonly pane?: string;
}

/**
 * Prints what runs as a roster, or writes it. It is tried out first: where `fleet plan` with it would not be empty, that
 * is said, and the exit code is 1.
 */
export async function exportCommand(context: Context, options: ExportOptions): Promise<ExitCode> {
  const { adopt, pane, write } = options;
  if (adopt !== undefined) {
    if (write !== undefined || options.showEnv === true || options.force === true)
      throw new CommandFailure(ExitCode.usage, '--adopt goes with --pane alone');
    return adoptCommand(context, adopt, pane);
  }
  if (pane !== undefined) throw new CommandFailure(ExitCode.usage, '--pane goes with --adopt AGENT');
  if (write === undefined && options.force === true)
    throw new CommandFailure(ExitCode.usage, '--force goes with --write FILE');
  if (write !== undefined && options.force !== true) refuseExisting(context, write);
  const { paths, print, say, style } = context;
  const installation = observeInstallation(paths, parseEnvironmentFile);
  requireOwnInstallation(context, null, installation);
  const known = await rosterInForce(context);
  const roster: Roster = {
    ...(known ?? unknownRoster),
    socketName: installation.record?.socketName ?? known?.socketName ?? unknownRoster.socketName,
    holderSession: installation.record?.holderSession ?? known?.holderSession ?? unknownRoster.holderSession,
  };
  const pass = await observe(context, { roster });
  const { units, tmux } = pass.world.observed;
  for (const source of [units, tmux]) {
    if (!source.known)
      throw new CommandFailure(
        ExitCode.unavailable,
        `what runs cannot be seen, so nothing was exported: ${source.message}\nSee: fleet doctor`,
      );
  }
  const fleet = exportedFleet(context, pass, known);
  if (fleet.agents.length === 0) {
    const remarks = fleet.remarks.map((line) => `  ${visible(line)}\n`).join('');
    throw new CommandFailure(
      ExitCode.error,
      `no agent to export on socket ${roster.socketName}\n${remarks}Write a roster with: fleet init --write`,
    );
  }
  const text = exportText(fleet, 'shown');
  if (write === undefined) print((options.showEnv === true ? text : exportText(fleet, 'hidden')).trimEnd());
  else await writeExport(context, write, text);
  for (const line of fleet.remarks) say(style.warn(`left out or not as it runs: ${visible(line)}`));
  const problems = tryOut(context, text, fleet, pass);
  for (const line of problems) say(line);
  return problems.length === 0 ? ExitCode.done : ExitCode.error;
}

function refuseExisting({ paths }: Context, file: string): void {
  try {
    if (!isThere(file)) return;
  } catch (error) {
    throw new CommandFailure(ExitCode.error, `cannot write ${file}: ${fileProblem(error)}`);
  }
  throw new CommandFailure(
    ExitCode.error,
    `${displayPath(path.resolve(file), paths.userHome)} exists and was not touched\nReplace it with: fleet export --write ${file} --force`,
  );
}

/** Where nothing is known of any roster. */
const unknownRoster: Roster = {
  socketName: 'mosaic-factory',
  holderSession: '_holder',
  startSpacingMs: 0,
  maxDisruption: { kind: 'percent', value: 50 },
  agents: [],
  lines: {},
  revision: '',
};

/** Why `fleet plan` with this roster, put in its place, would not be empty; no lines where it would. */
function tryOut(context: Context, text: string, fleet: ExportedFleet, { world }: Pass): readonly string[] {
  const { paths, style, now } = context;
  const compiled = compileText(context, text, 'the export', templateReader(paths.roster, paths.userHome));
  if (!compiled.ok) return [`${compiled.failure}\nThis roster is not complete; mend it before you use it`];
  const desired = resolveDesired(compiled.value, world.observed.files);
  const plan = planOf({ ...world, roster: compiled.value, desired }, noWords, now());
  if (plan.actions.length === 0 && plan.unknownAgents.length === 0 && fleet.remarks.length === 0) return [];
  if (plan.actions.length === 0 && plan.unknownAgents.length === 0)
    return ['Not everything that runs is in this roster; see its last lines'];
  return [style.warn('With this roster there would be changes:'), ...planText(plan, 'the export', style)];
}
