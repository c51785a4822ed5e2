import { Random } from './random.js';

/** One agent as the roster declares it. */
export interface DeclaredAgent {
  readonly name: string;
  /** In its environment: another one is a restart. */
  readonly version: number;
  /** `class` and `tasks_max`: another one disturbs nobody. */
  readonly quiet: number;
  /** `disruption: ask` */
  readonly ask: boolean;
  readonly suspend: boolean;
}

/** How a roster is written down; what it says is the same. */
export interface Layout {
  readonly style: 'flow' | 'block' | 'json';
  /** Order of the agents and of their keys. */
  readonly order: number;
  readonly comments: boolean;
}

export interface Places {
  readonly socket: string;
  readonly work: string;
  readonly diary: string;
  readonly agentProgram: string;
  /** In the environment of every process of this run. */
  readonly marker: string;
}

/** Ends in a row before an agent is given up. */
export const stallAfter = 5;
export const idleAfterSeconds = 2;

export function rosterText(agents: readonly DeclaredAgent[], layout: Layout, places: Places): string {
  const random = new Random(layout.order);
  const settings = {
    version: 1,
    transport: 'tmux',
    tmux: { socket_name: places.socket },
    defaults: {
      working_directory: places.work,
      idle_after: `${idleAfterSeconds}s`,
      stop_grace: '1s',
      backoff: { base: '500ms', max: '2s', reset_after: '20s', stall_after: stallAfter },
    },
    runtimes: { diarist: { command: ['bash', places.agentProgram, places.diary] } },
  };
  const shown = random.shuffled(agents).map((agent) => {
    const entries = Object.entries({
      name: agent.name,
      runtime: 'diarist',
      class: `c${agent.quiet}`,
      resources: { tasks_max: 500 + agent.quiet },
      env: { SOAK_RUN: places.marker, SOAK_VERSION: String(agent.version) },
      ...(agent.ask ? { disruption: 'ask' } : {}),
      ...(agent.suspend ? { suspend: true } : {}),
    });
    return Object.fromEntries(random.shuffled(entries));
  });
  if (layout.style === 'json') return `${JSON.stringify({ ...settings, agents: shown }, null, 1)}\n`;
  const head = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  const body = shown.flatMap((agent, index) => [
    ...(layout.comments ? [`  # number ${index}`] : []),
    ...(layout.style === 'flow' ? [`  - ${JSON.stringify(agent)}`] : blockLines(agent)),
  ]);
  return [...(layout.comments ? ['# a comment'] : []), ...head, 'agents:', ...body, ''].join('\n');
}

const blockLines = (agent: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(agent).flatMap(([key, value], index) => {
    const lead = index === 0 ? '  - ' : '    ';
    return typeof value === 'object' && value !== null
      ? [
          `${lead}${key}:`,
          ...Object.entries(value).map(([inner, one]) => `      ${inner}: ${JSON.stringify(one)}`),
        ]
      : [`${lead}${key}: ${JSON.stringify(value)}`];
  });
