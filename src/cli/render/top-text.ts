import type { UnknownSource } from '../../controller/action.js';
import type { AgentStatus } from '../../controller/status.js';
import type { Figures, FleetFigures } from '../../observers/figures.js';
import { visible } from '../../roster/visible.js';
import { bytes } from './bytes.js';
import { columns } from './columns.js';
import { ago } from './reason-text.js';
import { sourceLines } from './source-text.js';
import type { Style } from './style.js';

export type TopOrder = 'cpu' | 'memory' | 'name';

export interface TopInput {
  readonly agents: readonly AgentStatus[];
  readonly unknownSources: readonly UnknownSource[];
  readonly figures: FleetFigures;
  /** The look before, and how long ago it was; null: this is the first. */
  readonly since: { readonly figures: FleetFigures; readonly seconds: number } | null;
  readonly sort: TopOrder;
  /** Epoch milliseconds. */
  readonly now: number;
}

interface Line {
  readonly agent: AgentStatus;
  readonly figures: Figures | undefined;
  /** Share of one processor since the look before, percent; null: not known yet. */
  readonly cpu: number | null;
}

/** Running agents with what they take, the hungriest first. What does not run is counted, and apart from it what cannot be told. */
export function topText(input: TopInput, style: Style): readonly string[] {
  const { agents, figures, sort, now } = input;
  const running = agents
    .filter(({ pid }) => pid !== null)
    .map((agent) => ({ agent, figures: figures.agents.get(agent.name), cpu: cpuOf(agent.name, input) }));
  const lines = running.toSorted((a, b) => order(sort, a, b) || compareNames(a, b));
  const unknown = agents.filter(({ phase }) => phase === 'Unknown').length;
  // What is not known is not nothing: systemd counts only what its controllers count, and who cannot be told may take something.
  const sum = (of: (line: Line) => number | null | undefined): number | null => {
    const known = lines.flatMap((line) => of(line) ?? []);
    return known.length === 0 && lines.length + unknown > 0
      ? null
      : known.reduce((total, value) => total + value, 0);
  };
  const resting = agents.length - running.length - unknown;
  const head = [
    `${running.length} running${counted(resting, 'not')}${counted(unknown, 'unknown')}`,
    `cpu ${percent(input.since === null ? null : sum(({ cpu }) => cpu))}`,
    `memory ${bytes(sum(({ figures: shown }) => shown?.memoryBytes))}`,
    `tasks ${sum(({ figures: shown }) => shown?.tasks) ?? '-'}`,
  ];
  const table = columns([
    ['NAME', 'RUNTIME', 'ACTIVITY', 'CPU', 'MEMORY', 'TASKS', 'CPU TIME', 'UP', 'PID'],
    ...lines.map((line) => row(line, now)),
  ]);
  return [
    head.join('   '),
    ...sourceLines(input.unknownSources, style),
    '',
    ...table.map((line, index) => (index === 0 ? style.dim(line) : line)),
  ];
}

const counted = (agents: number, what: string): string => (agents === 0 ? '' : `, ${agents} ${what}`);

function cpuOf(agent: string, { figures, since }: TopInput): number | null {
  const after = figures.agents.get(agent)?.cpuSeconds ?? null;
  const before = since?.figures.agents.get(agent)?.cpuSeconds ?? null;
  if (since === null || after === null || before === null || since.seconds <= 0) return null;
  // A restarted unit counts from nothing again.
  return after < before ? null : ((after - before) / since.seconds) * 100;
}

function order(sort: TopOrder, a: Line, b: Line): number {
  switch (sort) {
    case 'cpu':
      return (b.cpu ?? -1) - (a.cpu ?? -1);
    case 'memory':
      return (b.figures?.memoryBytes ?? -1) - (a.figures?.memoryBytes ?? -1);
    case 'name':
      return 0;
  }
}

const compareNames = (a: Line, b: Line): number =>
  a.agent.name < b.agent.name ? -1 : a.agent.name > b.agent.name ? 1 : 0;

const percent = (share: number | null): string => (share === null ? '-' : `${share.toFixed(1)}%`);

const row = ({ agent, figures, cpu }: Line, now: number): readonly string[] => [
  agent.name,
  visible(agent.runtime ?? '-'),
  agent.activity === null ? '-' : `${agent.activity}${agent.attached ? ', attached' : ''}`,
  percent(cpu),
  bytes(figures?.memoryBytes ?? null),
  String(figures?.tasks ?? '-'),
  figures?.cpuSeconds == null ? '-' : `${figures.cpuSeconds.toFixed(1)}s`,
  agent.startedAt === null ? '-' : ago(now - agent.startedAt),
  String(agent.pid ?? '-'),
];
