import type { Random } from '../chaos/random.js';

/** The two agents. They share runtime, directory and home, so that only the exact id tells their conversations apart. */
export const NAMES = ['a', 'b'] as const;
export type Name = (typeof NAMES)[number];

/** What happens to them. */
export type Fault =
  | 'SIGKILL'
  | 'session killed'
  | 'server killed'
  | 'unit restarted by hand'
  | 'fleet restart'
  | 'setting edited'
  | 'stopped and started'
  | 'reboot'
  | 'power cut';

/** What the victims are doing. */
export type Moment = 'idle' | 'before the first word' | 'in the middle of the answer';

/** Who starts again what has ended. */
export type Healer = 'controller' | 'fleet apply' | 'fleet start' | 'systemctl start';

export interface Step {
  readonly fault: Fault;
  /** Who is meant, the first one first. All are hit by what ends the server or the machine. */
  readonly victims: readonly Name[];
  readonly moment: Moment;
  /** How long after the model was asked, in ms. */
  readonly afterMs: number;
  readonly healer: Healer;
  /** Who is spoken to first afterwards. */
  readonly order: readonly Name[];
}

/** One deck of a dozen: however few are drawn, no kind waits long for its turn. */
const DECK: readonly Fault[] = [
  ...['SIGKILL', 'SIGKILL', 'SIGKILL', 'session killed', 'session killed', 'server killed'],
  ...['unit restarted by hand', 'fleet restart', 'setting edited', 'stopped and started', 'reboot'],
  'power cut',
] as readonly Fault[];

const HEALERS: readonly (readonly [Healer, number])[] = [
  ['controller', 3],
  ['fleet apply', 1],
  ['fleet start', 1],
  ['systemctl start', 1],
];

/** A sequence that follows from the seed alone: of more faults, the first ones are the same. */
export function drawSteps(random: Random, count: number): readonly Step[] {
  const steps: Step[] = [];
  while (steps.length < count) steps.push(...random.shuffled(DECK).map((fault) => drawStep(random, fault)));
  return steps.slice(0, count);
}

function drawStep(random: Random, fault: Fault): Step {
  const order = random.shuffled(NAMES);
  const machine = fault === 'reboot' || fault === 'power cut';
  const all = machine || fault === 'server killed' || random.chance(0.4);
  const moments: readonly (readonly [Moment, number])[] = [
    ['idle', 2],
    ['before the first word', 1],
    ['in the middle of the answer', 1],
  ];
  return {
    fault,
    victims: all ? random.shuffled(NAMES) : order.slice(0, 1),
    moment: random.weighted(moments, 'idle'),
    afterMs: random.whole(0, 1500),
    healer: machine ? 'controller' : random.weighted(HEALERS, 'controller'),
    order: random.shuffled(NAMES),
  };
}

export const described = ({ fault, victims, moment, healer }: Step): string =>
  `${fault}, ${victims.join('+')} ${moment}, ${healer}`;
