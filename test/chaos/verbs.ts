import type { VerbFleet } from './verb-fleet.js';

/** A command of the operator's that touches an agent, and what it promises of it. */
export interface Verb {
  readonly name: string;
  /** `one` keeps its conversation. `slot` is disposable: reset by a restart. `chat` likewise: reset in its runtime. */
  readonly agent: 'one' | 'slot' | 'chat';
  /** How the agent is before it. */
  readonly from: 'running' | 'stopped' | 'held';
  /** @param text never said before; of no concern to most */
  readonly words: (fleet: VerbFleet, text: string) => readonly string[];
  /** What the operator says next; null: the same once more. */
  readonly then: readonly string[] | null;
  readonly runs: boolean;
  /** Who holds it in the end. */
  readonly hold: 'stop' | 'hold' | null;
  readonly conversation: 'same' | 'new' | 'chosen';
  /** Lives that it begins: none, one each time, one where it is not yet as promised, or one at most. */
  readonly lives: 'none' | 'one' | 'missing' | 'maybe';
  /** Whether the text is said to the agent. */
  readonly says: boolean;
}

const plain = (name: string, words: Verb['words'], more: Partial<Verb> = {}): Verb => ({
  ...{ name, words, agent: 'one', from: 'running', then: null, runs: true, hold: null },
  ...{ conversation: 'same', lives: 'none', says: false },
  ...more,
});

const send = (agent: string, text: string, ...more: readonly string[]): readonly string[] => [
  ...['agent', 'send', agent, '--no-preamble', '--json', '--message', text],
  ...more,
];
const assign = (agent: string, text: string): readonly string[] => [
  ...['agent', 'assign', agent, '--no-preamble', '--json', '--message', text],
];

export const verbs: readonly Verb[] = [
  plain('start', () => ['start', 'one'], { from: 'stopped', lives: 'missing' }),
  plain('stop', () => ['stop', 'one'], { runs: false, hold: 'stop' }),
  plain('restart', () => ['restart', 'one'], { lives: 'one' }),
  plain('restart fresh', () => ['restart', 'one', '--fresh'], { lives: 'one', conversation: 'new' }),
  plain('hold', () => ['hold', 'one'], { hold: 'hold' }),
  plain('release', () => ['release', 'one'], { from: 'held' }),
  plain('send', (_, text) => send('one', text), { says: true }),
  plain('send later', (_, text) => send('one', text, '--later'), {
    says: true,
    then: ['agent', 'outbox', 'one', '--deliver'],
  }),
  plain('reset', () => ['agent', 'reset', 'one'], { lives: 'one', conversation: 'new' }),
  plain('reset in its runtime', () => ['agent', 'reset', 'chat'], {
    ...{ agent: 'chat', lives: 'maybe', conversation: 'new' },
  }),
  plain('assign', (_, text) => assign('slot', text), {
    ...{ agent: 'slot', lives: 'one', conversation: 'new', says: true },
  }),
  plain('assign in its runtime', (_, text) => assign('chat', text), {
    ...{ agent: 'chat', lives: 'maybe', conversation: 'new', says: true },
  }),
  plain('resume', (fleet) => ['agent', 'resume', 'one', fleet.chosen], {
    ...{ lives: 'missing', conversation: 'chosen' },
  }),
];
