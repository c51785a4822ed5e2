import * as path from 'node:path';
import type { Fault } from './fault.js';
import type { FaultedFleet } from './faulted-fleet.js';

/** Places of a sort, and how many of them an apply passes, about. */
interface Sort {
  readonly among: string;
  readonly most: number;
}
/** One way in which something goes wrong at a place. */
export interface FaultKind {
  readonly name: string;
  /** Who is told to do the work: `fleet apply`, or the controller. */
  readonly by: 'apply' | 'run';
  readonly fault: (fleet: FaultedFleet) => Omit<Fault, 'at' | 'among'>;
  readonly places: Sort;
  /** A shell script that undoes what fleet cannot undo. */
  readonly repair?: (fleet: FaultedFleet) => string;
  /** Agents whose lives it may end, or begin once more. */
  readonly ends: readonly string[];
}

const anywhere: Sort = { among: '', most: 290 };
const programs: Sort = { among: '^spawn', most: 50 };
const texts: Sort = { among: '^(writeFileSync|appendFileSync)', most: 55 };
const files: Sort = { among: '^(?!spawn|exit)', most: 200 };
/** Programs that only tell: fleet waits five seconds for one of these. */
const questions: Sort = { among: '^spawn .*(list-units|list-sessions|list-panes|capture-pane)', most: 26 };

const plain = (name: string, by: FaultKind['by'], kind: Fault['kind'], places = anywhere): FaultKind => ({
  ...{ name, by, places, ends: [] },
  fault: () => ({ kind }),
});

const program = (how: string, places = programs): FaultKind => ({
  ...{ name: `program ${how}`, by: 'apply', places, ends: [] },
  fault: () => ({ kind: 'program', how }),
});

const meanwhile = (
  name: string,
  script: (fleet: FaultedFleet) => string,
  { ends = [], repair }: { readonly ends?: readonly string[]; readonly repair?: FaultKind['repair'] } = {},
): FaultKind => ({
  ...{ name, by: 'apply', places: anywhere, ends },
  fault: (fleet) => ({ kind: 'run', script: script(fleet) }),
  ...(repair === undefined ? {} : { repair }),
});

/** A word for the shell. */
const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const agentFile = (fleet: FaultedFleet, name: string): string =>
  word(path.join(fleet.home, 'fleet', 'agents', name));
const dropIn = (fleet: FaultedFleet): string =>
  word(path.join(fleet.units, 'mosaic-agent@quiet.service.d', '50-fleet.conf'));
const byDirectory = (file: string): string => `rm -f ${file}; mkdir -p ${file}`;

/** Ten operators at once; each lets fleet go on with its own. */
const operators = (fleet: FaultedFleet): string =>
  [
    'apply',
    'apply --now',
    'hold quiet',
    'release quiet',
    'restart stay',
    'plan',
    'status',
    'restart moved',
    'apply',
    'verify',
  ]
    .map((words) => `${word(process.execPath)} ${word(fleet.program)} ${words} &`)
    .join('\n');

export const kinds: readonly FaultKind[] = [
  plain('killed', 'apply', 'die'),
  plain('killed in the middle of a text', 'apply', 'die-half', texts),
  plain('killed while a program runs', 'apply', 'die-during', programs),
  plain('controller killed', 'run', 'die'),
  plain('controller killed in the middle of a text', 'run', 'die-half', texts),
  plain('controller killed while a program runs', 'run', 'die-during', programs),
  plain('disk full from there on', 'apply', 'full'),
  plain('disk refuses it', 'apply', 'io'),
  plain('disk of the controller full from there on', 'run', 'full'),
  plain('disk of the controller refuses it', 'run', 'io'),
  ...[
    'fails',
    'never',
    'killed:0.005',
    'killed:0.02',
    'killed:0.08',
    'after',
    'mute',
    'half',
    'garbage',
    'slow',
  ].map((how) => program(how)),
  program('hangs', questions),
  meanwhile('env file edited', (fleet) => `echo "SITE=$RANDOM" >>${agentFile(fleet, 'moved.env')}`, {
    ends: ['moved'],
  }),
  meanwhile('env file deleted', (fleet) => `rm -f ${agentFile(fleet, 'moved.env')}`, { ends: ['moved'] }),
  meanwhile('env file is a directory', (fleet) => byDirectory(agentFile(fleet, 'moved.env')), {
    repair: (fleet) => `[ -d ${agentFile(fleet, 'moved.env')} ] && rmdir ${agentFile(fleet, 'moved.env')}`,
    ends: ['moved'],
  }),
  meanwhile('launch record deleted', (fleet) => `rm -f ${agentFile(fleet, 'moved.launch')}`),
  meanwhile('launch record is a directory', (fleet) => byDirectory(agentFile(fleet, 'moved.launch')), {
    repair: (fleet) =>
      `[ -d ${agentFile(fleet, 'moved.launch')} ] && rmdir ${agentFile(fleet, 'moved.launch')}`,
  }),
  meanwhile(
    'what was applied is deleted',
    (fleet) => `rm -f ${word(path.join(fleet.home, 'fleet', 'agents'))}/*.json`,
  ),
  meanwhile('drop-in edited', (fleet) => `echo '[Service]' >${dropIn(fleet)}`),
  meanwhile('drop-in is a directory', (fleet) => byDirectory(dropIn(fleet)), {
    repair: (fleet) => `[ -d ${dropIn(fleet)} ] && rmdir ${dropIn(fleet)}`,
  }),
  meanwhile('unit deleted', (fleet) => `rm -f ${word(path.join(fleet.units, 'mosaic-agent@.service'))}`, {
    repair: (fleet) => `${word(process.execPath)} ${word(fleet.program)} install`,
  }),
  meanwhile('manager re-executed', () => 'systemctl --user daemon-reexec'),
  meanwhile('manager reloaded', () => 'systemctl --user daemon-reload'),
  meanwhile('bus restarted', () => 'systemctl --user restart dbus.service'),
  meanwhile('an agent dies', (fleet) => killAgent(fleet, 'stay'), { ends: ['stay'] }),
  meanwhile('the agent to be restarted dies', (fleet) => killAgent(fleet, 'moved'), { ends: ['moved'] }),
  meanwhile('ten operators', operators, {
    ends: ['stay', 'moved', 'moved'],
    repair: (fleet) => `${word(process.execPath)} ${word(fleet.program)} release quiet`,
  }),
  plain('not permitted', 'apply', 'denied', files),
  plain('not permitted to the controller', 'run', 'denied', files),
];

const killAgent = (fleet: FaultedFleet, name: string): string =>
  `kill -KILL $(tmux -N -L ${fleet.places.socket} list-panes -t =${name}: -F '#{pane_pid}')`;
