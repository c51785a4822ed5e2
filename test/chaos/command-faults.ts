import type { Fault } from './fault.js';

/** One way in which something goes wrong at a place of a command. */
export interface CommandFault {
  readonly name: string;
  readonly fault: Omit<Fault, 'at' | 'among'>;
  /** Places where it means something. */
  readonly among: string;
}

const files = '^(?!spawn|exit)';
const texts = '^(writeFileSync|appendFileSync|rmSync)';
const programs = '^spawn';
/** Fleet waits five seconds for one of these. */
const questions = '^spawn .*( show |list-units|list-panes)';

const plain = (name: string, kind: Fault['kind'], among = ''): CommandFault => ({
  ...{ name, among, fault: { kind } },
});

export const commandFaults: readonly CommandFault[] = [
  plain('killed', 'die'),
  plain('killed in the middle', 'die-half', texts),
  plain('killed while a program runs', 'die-during', programs),
  plain('disk full from there on', 'full', files),
  plain('disk refuses it', 'io', files),
  plain('not permitted', 'denied', files),
  ...['fails', 'never', 'after', 'mute', 'half', 'garbage', 'slow'].map((how): CommandFault => ({
    name: `program ${how}`,
    among: programs,
    fault: { kind: 'program', how },
  })),
  { name: 'program hangs', among: questions, fault: { kind: 'program', how: 'hangs' } },
];
