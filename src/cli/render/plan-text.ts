import type { ActionKind, Plan, PlannedAction, Summary } from '../../controller/action.js';
import { visible } from '../../roster/visible.js';
import { costText, gateHint, gateText, outlookText, reasonText } from './reason-text.js';
import { holderLines } from './holder-text.js';
import { sourceLines } from './source-text.js';
import type { Style } from './style.js';

const symbols: Readonly<Record<ActionKind, string>> = {
  start: '+',
  stop: '-',
  restart: '-/+',
  reset: '↻',
  update: '~',
  adopt: '=',
};

interface Row {
  readonly symbol: string;
  readonly agent: string;
  readonly word: string;
  /** First line, then what the action costs. */
  readonly lines: readonly string[];
  readonly gate: string | null;
  readonly paint: (text: string) => string;
}

/**
 * The plan as an operator reads it. Deterministic: the same plan gives the same text.
 *
 * @param rosterPath as the operator writes it
 * @param fleet how fleet is typed there, see `fleetWord`
 */
export function planText(plan: Plan, rosterPath: string, style: Style, fleet = 'fleet'): readonly string[] {
  const rows = [...plan.actions.map((action) => actionRow(action, style)), ...unknownRows(plan, style)];
  const notes = plan.notes.map(({ subject, message }) => `      ${visible(subject)}: ${visible(message)}`);
  const sources = sourceLines(plan.unknownSources, style);
  const holder = plan.holder === undefined ? [] : holderLines(plan.holder, style);
  if (rows.length === 0) {
    const empty = `No changes. ${count(plan.summary.unchanged)} ${plan.summary.unchanged === 1 ? 'matches' : 'match'} the roster.`;
    return [...sources, empty, ...notes, ...holder];
  }
  return [
    `Roster ${visible(rosterPath)}  revision ${plan.rosterRevision.slice(0, 7)}`,
    '',
    ...table(rows),
    ...(notes.length > 0 ? ['', ...notes] : []),
    ...holder,
    '',
    ...sources,
    summaryText(plan.summary),
    ...hints(plan, fleet),
  ];
}

function actionRow(planned: PlannedAction, style: Style): Row {
  const cost = costText(planned.cost) ?? outlookText(planned);
  const [first = '', ...others] = planned.reasons.map(reasonText);
  return {
    symbol: symbols[planned.action],
    agent: planned.agent,
    word: planned.action,
    lines: [first, ...others, ...(cost === null ? [] : [cost])],
    gate: gateText(planned.gate),
    paint: paintOf(planned.action, style),
  };
}

function unknownRows(plan: Plan, style: Style): readonly Row[] {
  return plan.unknownAgents.map(({ agent, message }) => ({
    symbol: '?',
    agent,
    word: 'unknown',
    lines: [visible(message)],
    gate: null,
    paint: style.warn,
  }));
}

function paintOf(action: ActionKind, { good, bad, warn }: Style): (text: string) => string {
  switch (action) {
    case 'start':
    case 'adopt':
      return good;
    case 'stop':
      return bad;
    case 'restart':
    case 'reset':
    case 'update':
      return warn;
  }
}

/** A reason longer than this does not push the gates of the other rows to the right. */
const widest = 60;

function table(rows: readonly Row[]): readonly string[] {
  const width = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));
  const agentWidth = width(rows.map(({ agent }) => agent));
  const wordWidth = width(rows.map(({ word }) => word));
  const lineWidth = width(rows.flatMap(({ lines }) => lines).filter((line) => line.length <= widest));
  return rows.flatMap(({ symbol, agent, word, lines: [first = '', ...others], gate, paint }) => {
    const head = `  ${paint(symbol.padEnd(3))} ${agent.padEnd(agentWidth)}  ${paint(word.padEnd(wordWidth))}  `;
    const indent = ' '.repeat(2 + 3 + 1 + agentWidth + 2 + wordWidth + 2);
    const line = gate === null ? first : `${first.padEnd(lineWidth)}  ${gate}`;
    return [`${head}${line}`.trimEnd(), ...others.map((other) => `${indent}${other}`)];
  });
}

/** `Plan: 1 to start, 2 to restart; 7 unchanged, 1 unknown. 2 gated.` */
export function summaryText(summary: Summary): string {
  const verbs = (['start', 'restart', 'reset', 'update', 'adopt', 'stop'] as const)
    .filter((verb) => summary[verb] > 0)
    .map((verb) => `${summary[verb]} to ${verb}`);
  const rest = [
    `${summary.unchanged} unchanged`,
    ...(summary.unknown > 0 ? [`${summary.unknown} unknown`] : []),
  ];
  const head = verbs.length > 0 ? `${verbs.join(', ')}; ` : '';
  return `Plan: ${head}${rest.join(', ')}.${summary.gated > 0 ? ` ${summary.gated} gated.` : ''}`;
}

/** One line per way to lift a gate, not one per agent; and one for all that waits for approval, where it is much. */
function hints({ actions }: Plan, fleet: string): readonly string[] {
  const ways = new Map<string, PlannedAction[]>();
  for (const planned of actions) {
    const way = gateHint(planned.gate, takesNames(planned) ? 'AGENT…' : planned.agent);
    if (way !== null) ways.set(way, [...(ways.get(way) ?? []), planned]);
  }
  const lines = [...ways.values()].flatMap((those): readonly string[] => {
    const [first] = those;
    const agents = those.map(({ agent }) => agent);
    return first === undefined
      ? []
      : [`To go on with ${listed(agents)}: ${gateHint(first.gate, agents.join(' '), fleet) ?? ''}`];
  });
  const waiting = actions.filter(({ gate }) => gate.kind === 'needs-approval' && gate.why !== 'unsaid');
  // What the brake holds has a line that says so.
  const isSaid = actions.some(({ gate }) => gate.kind === 'braked');
  return waiting.length < many || isSaid ? lines : [...lines, allText(waiting, fleet)];
}

/** From so many on, approving each by its name is tedious, and the brake may hold them afterwards. */
const many = 3;

function allText(waiting: readonly PlannedAction[], fleet: string): string {
  const losing = waiting.filter(ends).length;
  const price =
    losing === 0 ? '' : `, which ends ${losing} ${losing === 1 ? 'conversation' : 'conversations'}`;
  return `To go on with all that waits for approval: ${fleet} approve --all${price}`;
}

const ends = ({ cost }: PlannedAction): boolean => cost.kind === 'loses-conversation';

/** Whether what lifts its gate is said of several agents at once. Whoever ends a conversation says so of that agent. */
function takesNames(planned: PlannedAction): boolean {
  const { gate } = planned;
  switch (gate.kind) {
    case 'needs-approval':
      return !ends(planned);
    case 'backing-off':
      return true;
    case 'stalled':
      return gate.resume === undefined;
    case 'held':
      return gate.hold.by === 'stop' && !gate.fleet;
    case 'ready':
    case 'blocked':
    case 'deferred':
    case 'braked':
      return false;
  }
}

const listed = (agents: readonly string[]): string =>
  agents.length <= 3 ? agents.join(', ') : `${agents.slice(0, 2).join(', ')} and ${agents.length - 2} more`;

const count = (agents: number): string => `${agents} ${agents === 1 ? 'agent' : 'agents'}`;
