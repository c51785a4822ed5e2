import { assess, toldWithAgents, type Assessment } from '../../controller/assess.js';
import { isPredecessors } from '../../controller/holder.js';
import type { Gate } from '../../controller/action.js';
import { holdOn, noWords } from '../../controller/gate.js';
import { plan as planOf } from '../../controller/plan.js';
import { observeFigures } from '../../observers/figures.js';
import { processTree, readChildren } from '../../observers/process-tree.js';
import { agentUnitName } from '../../observers/systemd.js';
import { holderUnit } from '../../observers/systemd-output.js';
import { cgroupOf } from '../../host/process.js';
import type { Context } from '../context.js';
import { sourceExitCode } from '../outcome.js';
import { ExitCode } from '../exit-code.js';
import { installationProblem } from '../guard.js';
import { observe, type Pass } from '../pass.js';
import { gateHint, gateText } from '../render/reason-text.js';
import { checkLines, messageAndHint, type Check } from '../render/check-text.js';
import { reloadHolder } from '../server-checks.js';

/** Proves on the live fleet: right server under the right unit, sessions exact, marks and processes where they belong. */
export async function verifyCommand(context: Context): Promise<ExitCode> {
  const pass = await observe(context);
  const { unknownSources } = assess(pass.world);
  const checks =
    unknownSources.length > 0
      ? unknownSources.map(({ source, message }): Check => ({ result: 'failed', subject: source, message }))
      : [...(await serverChecks(context, pass)), ...agentChecks(context, pass)];
  for (const line of checkLines(checks, context.style)) context.print(line);
  if (unknownSources.length > 0) return sourceExitCode({ unknownSources });
  return checks.some(({ result }) => result === 'failed') ? ExitCode.error : ExitCode.done;
}

async function serverChecks(context: Context, { world, installation }: Pass): Promise<readonly Check[]> {
  const problem = installationProblem(context, world.roster, installation);
  const installed: Check =
    problem === null
      ? {
          result: 'ok',
          subject: 'installation',
          message: 'units and tools are of this version and for this home',
        }
      : { result: 'failed', subject: 'installation', ...messageAndHint(problem) };
  const { tmux, units } = world.observed;
  const server = tmux.known ? tmux.value : null;
  if (server === null) {
    const wanted = world.roster.agents.some(({ suspend }) => !suspend);
    return [
      installed,
      {
        result: wanted && !isHeld(world, context.now()) ? 'failed' : 'ok',
        subject: 'server',
        message: `no tmux server on socket ${world.roster.socketName}, and its holder is not active`,
      },
    ];
  }
  const { holderPid } = await observeFigures(context.exec, []);
  const active = units.known && units.value.holder?.active === 'active';
  return [
    installed,
    check(
      'server',
      active && holderPid === server.pid && server.inHolder === true,
      `tmux server ${server.pid} is the main process of ${holderUnit}`,
      isPredecessors(world)
        ? `tmux server ${server.pid} was started by the predecessor's ${holderUnit}; replaced on approval: fleet approve ${world.roster.holderSession}`
        : `tmux server ${server.pid} is not the main process (${holderPid ?? 'none'}) of ${holderUnit}`,
    ),
    check(
      'socket',
      world.roster.socketName !== 'default',
      `socket ${world.roster.socketName}; the default tmux server is not involved`,
      'the default tmux server must never be used',
    ),
    server.sessions.some(({ name }) => name === world.roster.holderSession)
      ? { result: 'ok', subject: 'holder', message: `session ${world.roster.holderSession} is there` }
      : {
          result: 'warning',
          subject: 'holder',
          message: `session ${world.roster.holderSession} is gone; the server and its agents go on without it`,
          hint: reloadHolder,
        },
  ];
}

const isHeld = ({ observed: { memory } }: Pass['world'], now: number): boolean =>
  memory.known &&
  memory.value.fleetHold !== null &&
  holdOn('', { ...memory.value, holds: new Map() }, now) !== null;

function agentChecks(context: Context, { world }: Pass): readonly Check[] {
  const { agents, strangers } = assess(world);
  const { memory } = world.observed;
  const children = readChildren();
  const told = toldWithAgents(agents);
  const { actions, unknownAgents } = planOf(world, noWords, context.now());
  return [
    ...agents.map((assessment): Check => {
      const held = memory.known && holdOn(assessment.agent, memory.value, context.now()) !== null;
      const gate = actions.find(({ agent }) => agent === assessment.agent)?.gate ?? null;
      // Whether it is as it should be cannot be told, however well it looks.
      const unknown = unknownAgents.find(({ agent }) => agent === assessment.agent);
      if (unknown !== undefined)
        return { result: 'failed', subject: assessment.agent, message: unknown.message };
      return agentCheck(assessment, held, gate, children);
    }),
    ...strangers
      .filter(({ id }) => !told.has(id))
      .map(({ name }): Check => ({
        result: 'warning',
        subject: name,
        message: 'session was not created by fleet',
      })),
  ];
}

function agentCheck(
  { agent, desired, situation, owned }: Assessment,
  held: boolean,
  gate: Gate | null,
  children: ReadonlyMap<number, readonly number[]>,
): Check {
  const failed = (message: string, hint?: string): Check => ({
    result: 'failed',
    subject: agent,
    message,
    ...(hint === undefined ? {} : { hint }),
  });
  // What an apply would not do is not advised.
  const notAsWanted = (message: string): Check => {
    const why = gate === null ? null : gateText(gate);
    if (gate === null || why === null) return failed(message, 'fleet apply');
    return failed(`${message}; ${why}`, gateHint(gate, agent) ?? `fleet explain ${agent}`);
  };
  if (desired === null) {
    return {
      result: 'warning',
      subject: agent,
      message: owned ? 'runs, but is not in the roster' : 'its unit was not started by this fleet',
    };
  }
  const wanted = !desired.spec.suspend && !held;
  switch (situation.kind) {
    case 'live': {
      const { session, pane, unit } = situation;
      const strays = unit ? strayProcesses(agent, processTree(pane.pid, children)) : [];
      const problems = [
        ...(session.name === desired.spec.session
          ? []
          : [`its session was renamed from ${desired.spec.session} to ${session.name}`]),
        ...(desired.kind === 'resolved' && session.marks.spec !== desired.specHash
          ? [
              session.marks.spec === null
                ? 'its mark @fleet_spec was taken off'
                : 'runs with another configuration',
            ]
          : []),
        ...(desired.spec.suspend && !held ? ['runs, but is suspended in the roster'] : []),
        ...strays,
      ];
      if (problems.length > 0) {
        const renamed = session.name !== desired.spec.session;
        // Of where its processes are no plan knows, and what is unmarked is no change.
        const hint =
          strays.length > 0 || session.marks.spec === null ? `fleet restart ${agent}` : 'fleet plan';
        return failed(problems.join('; '), renamed ? `rename it back, or fleet restart ${agent}` : hint);
      }
      return unit
        ? {
            result: 'ok',
            subject: agent,
            message: `pid ${pane.pid} in session ${session.id}, every process in its own unit`,
          }
        : {
            result: 'warning',
            subject: agent,
            message: `pid ${pane.pid} was adopted without a unit; contained from its next restart`,
          };
    }
    case 'unknown':
    case 'foreign':
      return failed(situation.message);
    case 'unmarked':
      return notAsWanted("runs without fleet's marks");
    case 'starting':
    case 'stopping':
      return { result: 'warning', subject: agent, message: `is ${situation.kind}` };
    case 'exited':
    case 'hollow':
    case 'stopped':
      return wanted
        ? notAsWanted('does not run')
        : { result: 'ok', subject: agent, message: held ? 'does not run: held' : 'does not run: suspended' };
  }
}

/** Members of the agent's process tree outside its unit's cgroup. */
function strayProcesses(agent: string, tree: readonly number[]): readonly string[] {
  const unit = agentUnitName(agent);
  const strays = tree.filter((member) => {
    const cgroup = cgroupOf(member);
    return cgroup !== null && !cgroup.split('/').includes(unit);
  });
  return strays.length === 0 ? [] : [`processes outside ${unit}: ${strays.join(', ')}`];
}

const check = (subject: string, holds: boolean, message: string, otherwise: string): Check =>
  holds ? { result: 'ok', subject, message } : { result: 'failed', subject, message: otherwise };
