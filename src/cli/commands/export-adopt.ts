import type { Plan, PlannedAction } from '../../controller/action.js';
import { liveness } from '../../controller/activity.js';
import { assess, type Assessment } from '../../controller/assess.js';
import type { ObservedPane, ObservedSession } from '../../controller/observed.js';
import { outlookOf } from '../../controller/outlook.js';
import { observedRevision } from '../../controller/revision.js';
import { sessionNameOf } from '../../controller/situation.js';
import { summarize } from '../../controller/summary.js';
import { displayPath } from '../../host/paths.js';
import { nearest } from '../../roster/nearest.js';
import { visible } from '../../roster/visible.js';
import type { Context } from '../context.js';
import { carryOutTold } from '../carry-out-told.js';
import { withLock } from '../execute.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { processText } from '../exported-fleet.js';
import { requireInstallation } from '../guard.js';
import { observe, type Pass } from '../pass.js';
import { textReporter } from '../reporter.js';

/**
 * Takes a session that somebody else has started, and that has an agent's name, into the fleet as it is: it is marked, and
 * neither stopped nor typed into. The operator's own word, so no gate stands before it.
 *
 * @param pane `%7`; undefined: the session's only one
 */
export async function adoptCommand(
  context: Context,
  agent: string,
  pane: string | undefined,
): Promise<ExitCode> {
  const first = await observe(context);
  requireInstallation(context, first.world.roster, first.installation);
  if (!first.world.desired.has(agent)) throw notInRoster(context, agent, first);
  return withLock(context, 'fleet export --adopt', async () => {
    const pass = await observe(context);
    const planned = planAdoption(context, agent, pane, pass);
    if (planned === null) {
      context.print(`${agent} is the fleet's already. Nothing was changed.`);
      return ExitCode.done;
    }
    const reporter = textReporter(context);
    reporter.planned(planned, displayPath(context.paths.roster, context.paths.userHome));
    return await carryOutTold(context, reporter, planned, pass, () => planned);
  });
}

/** @returns null where there is nothing to do @throws CommandFailure where the session must not be taken */
function planAdoption(
  context: Context,
  agent: string,
  pane: string | undefined,
  { world }: Pass,
): Plan | null {
  const { agents, unknownSources } = assess(world);
  const [source] = unknownSources;
  if (source !== undefined)
    throw refused(ExitCode.unavailable, `${source.source} is unknown: ${visible(source.message)}`);
  const found = agents.find((one) => one.agent === agent);
  if (found?.desired?.kind !== 'resolved')
    throw refused(ExitCode.error, `${agent} cannot be resolved: ${visible(found?.desired?.message ?? '')}`);
  const session = adoptable(found);
  if (session === null) return null;
  // Its next pass would stop what was just taken in.
  if (found.desired.spec.suspend)
    throw refused(
      ExitCode.error,
      `${agent} is suspended in the roster, and what is suspended is stopped; take suspend out first`,
    );
  const own = choosePane(agent, session, pane);
  const taken = (world.observed.tmux.known ? world.observed.tmux.value?.sessions : null)?.find(
    ({ marks }) => marks.pane === own.id && marks.agent !== null,
  );
  if (taken !== undefined)
    throw refused(ExitCode.error, `pane ${own.id} is that of agent ${visible(taken.marks.agent ?? '')}`);
  const action: PlannedAction = {
    agent,
    action: 'adopt',
    gate: { kind: 'ready' },
    reasons: [{ code: 'OperatorWord', command: 'export --adopt' }],
    cost: { kind: 'none' },
    conversation: outlookOf(found, world, null),
    live: liveness(session, own, context.now(), found.desired.spec.idleAfterMs),
    target: { session: session.id, pane: own.id },
    applied: '/',
    desired: `${found.desired.specHash}/${found.desired.contextHash}`,
  };
  return {
    rosterRevision: world.roster.revision,
    observedRevision: observedRevision(world.observed),
    unknownSources: [],
    actions: [action],
    unknownAgents: [],
    notes: [],
    summary: summarize([action], [], 0),
  };
}

/** The session to take, or null where the agent is the fleet's already. */
function adoptable({ agent, situation }: Assessment): ObservedSession | null {
  switch (situation.kind) {
    case 'live':
      return null;
    case 'foreign': {
      const { home, agent: marked } = situation.session.marks;
      if (home !== null || marked !== null) throw refused(ExitCode.error, visible(situation.message));
      return situation.session;
    }
    case 'unmarked':
      throw refused(ExitCode.error, `${agent} runs under its unit; fleet apply adopts it`);
    case 'unknown':
      throw refused(ExitCode.unavailable, `${agent} is unknown: ${visible(situation.message)}`);
    case 'starting':
    case 'stopping':
    case 'exited':
      throw refused(ExitCode.error, `the unit of ${agent} is just starting or ending; try again`);
    case 'stopped':
    case 'hollow':
      throw refused(
        ExitCode.error,
        `no session is called ${sessionNameOf(agent)}; fleet apply starts ${agent}`,
      );
  }
}

function choosePane(agent: string, session: ObservedSession, wanted: string | undefined): ObservedPane {
  const { panes } = session;
  const list = panes.map(({ id, pid, dead }) => `${id} (${dead ? 'dead' : `pid ${pid}`})`).join(', ');
  if (wanted !== undefined) {
    const pane = panes.find(({ id }) => id === wanted);
    if (pane === undefined)
      throw refused(ExitCode.usage, `session ${session.name} has no pane ${visible(wanted)}; it has ${list}`);
    if (pane.dead) throw refused(ExitCode.error, `pane ${wanted} is dead; nothing runs in it`);
    return pane;
  }
  const [only, second] = panes;
  if (only === undefined || (second === undefined && only.dead))
    throw refused(ExitCode.error, `the pane of session ${session.name} is dead; nothing runs in it`);
  if (second !== undefined) {
    throw refused(
      ExitCode.usage,
      `session ${session.name} has several panes: ${list}\nSay which is the agent's: fleet export --adopt ${agent} --pane ${panes.find(({ dead }) => !dead)?.id ?? only.id}`,
    );
  }
  return only;
}

const refused = (code: ExitCode, why: string): CommandFailure =>
  new CommandFailure(code, `${why}\nNothing was changed`);

/** The entry to add is printed where such a session exists: the directory and command are the process's own. */
function notInRoster(context: Context, agent: string, { world }: Pass): CommandFailure {
  const { roster, observed } = world;
  const sessions = observed.tmux.known ? (observed.tmux.value?.sessions ?? []) : [];
  const session = sessions.find(({ name }) => name === sessionNameOf(agent) && name !== roster.holderSession);
  const pane = session?.panes.find(({ dead }) => !dead);
  const near = nearest(
    agent,
    roster.agents.map(({ name }) => name),
  );
  const head = `${visible(agent)} is not in the roster${near === null ? '' : ` (did you mean ${near}?)`}`;
  if (session === undefined || pane === undefined) return refused(ExitCode.usage, head);
  context.print(`  - name: ${visible(agent)}`);
  context.print(`    runtime: # which? ${visible(processText(context, pane.pid))}`);
  return refused(ExitCode.usage, `${head}\nAdd an entry as printed, with its runtime, and run this again`);
}
