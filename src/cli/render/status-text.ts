import { isPredecessors } from '../../controller/holder.js';
import type { AgentStatus } from '../../controller/status.js';
import { displayPath } from '../../host/paths.js';
import type { ExitRecord } from '../../observers/exit-record.js';
import { visible } from '../../roster/visible.js';
import { bytes } from './bytes.js';
import { columns } from './columns.js';
import { conversationText } from './conversation-text.js';
import { endText } from './end-text.js';
import { ago } from './reason-text.js';
import { sourceLines } from './source-text.js';
import type { StatusInput } from './status-json.js';
import type { Style } from './style.js';

export interface StatusTextInput extends StatusInput {
  readonly wide: boolean;
  /** One agent was asked for. */
  readonly detail: boolean;
  readonly record: ExitRecord | null;
}

export function statusText(input: StatusTextInput, style: Style): readonly string[] {
  const { world, agents, unknownSources, strangers, paths, detail, record } = input;
  const rows = [header(input.wide), ...agents.map((agent) => row(agent, input))];
  const table = painted(columns(rows), agents, style);
  const foreign = detail ? [] : strangers.map(({ name }) => `Foreign session, left alone: ${visible(name)}`);
  const died =
    record === null
      ? []
      : ['', lastEnd(record, input.now), ...record.lines.map((line) => `  | ${visible(line)}`)];
  const invalid = input.rosterProblem === null ? [] : problemLines(input.rosterProblem, input, style);
  return [
    `Roster ${visible(displayPath(paths.roster, paths.userHome))}  revision ${world.roster.revision.slice(0, 7)}  holder ${holderText(input)}, ${controllerText(input)}`,
    ...invalid,
    ...sourceLines(unknownSources, style),
    '',
    ...table,
    ...(detail ? agents.flatMap((agent) => detailLines(agent, input.now)) : []),
    ...died,
    ...(foreign.length > 0 ? ['', ...foreign] : []),
  ];
}

/** Without a controller the roster that was applied last is in force nowhere; the whole of the problem stands on stderr then. */
function problemLines(
  problem: string,
  { controllerPid }: Pick<StatusTextInput, 'controllerPid'>,
  style: Style,
): readonly string[] {
  const lines = problem.split('\n').map((line) => `  ${visible(line)}`.trimEnd());
  return controllerPid === null
    ? [
        style.bad('The roster is refused; this is the fleet by the one that was applied last:'),
        ...lines.slice(0, 1),
      ]
    : [style.bad('The roster is refused; the last good one is in force:'), ...lines];
}

/** Without one an agent that is dead stays so, and an edit waits for an `apply`. */
const controllerText = ({ controllerPid }: Pick<StatusTextInput, 'controllerPid'>): string =>
  controllerPid === null ? 'no controller' : `controller ${controllerPid}`;

function holderText({ world }: StatusTextInput): string {
  const { units, tmux } = world.observed;
  if (!units.known) return 'unknown';
  const state = units.value.holder?.active ?? 'inactive';
  const pid = tmux.known ? tmux.value?.pid : undefined;
  const server = pid === undefined ? state : `${state}, tmux server ${pid}`;
  return isPredecessors(world)
    ? `${server}, of the predecessor's (replaced only on approval: fleet approve ${world.roster.holderSession})`
    : server;
}

const header = (wide: boolean): readonly string[] => [
  'NAME',
  'RUNTIME',
  'CLASS',
  'PHASE',
  'ACTIVITY',
  'UP',
  ...(wide ? ['PID', 'STARTS', 'MEMORY', 'CPU', 'TASKS'] : []),
  'NOTE',
];

function row(agent: AgentStatus, { wide, figures, now }: StatusTextInput): readonly string[] {
  const shown = figures?.agents.get(agent.name);
  return [
    agent.name,
    visible(agent.runtime ?? '-'),
    visible(agent.class ?? '-'),
    agent.phase,
    agent.activity === null ? '-' : `${agent.activity}${agent.attached ? ', attached' : ''}`,
    agent.pid === null || agent.startedAt === null ? '-' : ago(now - agent.startedAt),
    ...(wide
      ? [
          String(agent.pid ?? '-'),
          String(agent.starts),
          bytes(shown?.memoryBytes ?? null),
          shown?.cpuSeconds == null ? '-' : `${shown.cpuSeconds.toFixed(1)}s`,
          String(shown?.tasks ?? '-'),
        ]
      : []),
    noteOf(agent),
  ];
}

function noteOf({ adopted, hold, outdated, conditions, phase, desired, end }: AgentStatus): string {
  const notes = [
    ...(end === null || phase === 'Held' || phase === 'Suspended' ? [] : [endText(end)]),
    ...(hold === null
      ? []
      : [
          hold.by === 'stop'
            ? // One that was released for a while runs on.
              `${phase === 'Held' ? '' : 'held: '}stopped by the operator`
            : `held${hold.reason === null ? '' : `: ${visible(hold.reason)}`}`,
        ]),
    ...(hold?.until == null ? [] : [`until ${new Date(hold.until).toISOString()}`]),
    ...(adopted ? ['adopted: contained from its next restart'] : []),
    ...(outdated.length > 0 ? [`outdated: ${outdated.join(', ')}`] : []),
    ...conditions.flatMap(({ type, reason, message }) =>
      type === 'Progressing' && isLive(phase) ? (waitsFor(reason, message) ?? []) : [],
    ),
    ...(phase === 'Extra' ? ['not in the roster'] : []),
    ...(phase === 'Running' && desired === 'stopped' ? ['suspended in the roster'] : []),
    ...conditions
      .filter(({ type, message }) => type === 'Ready' && message !== '')
      .map(({ message }) => visible(message)),
    ...blockedBy(conditions),
  ];
  return notes.join('; ');
}

/** What somebody has to repair before anything is done, where the line does not say it already. */
const blockedBy = (conditions: AgentStatus['conditions']): readonly string[] =>
  conditions.flatMap(({ type, status, message }) =>
    type === 'Progressing' &&
    status !== 'True' &&
    message !== '' &&
    !conditions.some((one) => one.type === 'Ready' && one.message === message)
      ? [`${status === 'False' ? 'blocked' : 'nothing is done'}: ${visible(message)}`]
      : [],
  );

/** Whose stop, restart or reset may wait; that of an agent which has left the roster, too. */
const isLive = (phase: AgentStatus['phase']): boolean => phase === 'Running' || phase === 'Extra';

/** What a change of a running agent waits for, or null. */
function waitsFor(reason: string, message: string): string | null {
  switch (reason) {
    case 'DeferredBusy':
      return 'waits until it is idle';
    case 'DeferredAttached':
      return 'waits while somebody is attached';
    case 'DeferredScreen':
      return `waits: ${visible(message)}`;
    case 'NeedsApproval':
      return 'waits for approval';
    case 'Braked':
      return 'waits for approval of the whole change';
    default:
      return null;
  }
}

/** The header is dim, every agent as its phase asks for. */
const painted = (lines: readonly string[], agents: readonly AgentStatus[], style: Style): readonly string[] =>
  lines.map((line, index) => {
    const agent = agents[index - 1];
    return agent === undefined ? style.dim(line) : paintOf(agent, style)(line);
  });

function paintOf({ phase, conditions }: AgentStatus, { bad, warn, dim }: Style): (text: string) => string {
  switch (phase) {
    case 'Running':
      if (conditions.some(({ type, status }) => type === 'Ready' && status === 'False')) return warn;
      return (text) => text;
    case 'Starting':
      return (text) => text;
    case 'Dead':
    case 'BackingOff':
    case 'Stalled':
    case 'Foreign':
      return bad;
    case 'Unknown':
    case 'Extra':
      return warn;
    case 'Held':
    case 'Suspended':
    case 'Stopped':
      return dim;
  }
}

const detailLines = (
  { session, pid, startedAt, starts, conditions, conversation }: AgentStatus,
  now: number,
): readonly string[] => [
  '',
  labelled('Session', session ?? '-'),
  labelled('Pid', String(pid ?? '-')),
  labelled(
    'Started',
    `${startedAt === null ? '-' : new Date(startedAt).toISOString()}  (${starts} ${starts === 1 ? 'start' : 'starts'} by fleet)`,
  ),
  ...(conversation === null ? [] : [labelled('Conversation', conversationText(conversation, now))]),
  ...conditions.map(({ type, status, reason, message }) =>
    labelled(type, `${status}  ${reason}${message === '' ? '' : `: ${visible(message)}`}`),
  ),
];

const labelled = (label: string, text: string): string => `${label.padEnd('Conversation'.length)}  ${text}`;

const lastEnd = (record: ExitRecord, now: number): string =>
  labelled('Last end', `${endText(record)}, ${ago(now - record.at * 1000)} ago`);
