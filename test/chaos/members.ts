/** Two rosters, each a plan of every kind away from the other: to go from one to the other is a history, in either direction. */
export type Side = 'a' | 'b';
export const other = (side: Side): Side => (side === 'a' ? 'b' : 'a');

/** What becomes of an agent when the other roster is applied. `reset` in its runtime, `renewed` by another process. */
export type Role =
  'stays' | 'updated' | 'restarted' | 'comes and goes' | 'reset' | 'renewed' | 'waits' | 'held';

export interface Member {
  readonly name: string;
  readonly role: Role;
  /** In which roster it stands; null: in both. */
  readonly only: Side | null;
  /** The demo agent, or what stands in for an opencode: its conversation has to be made before its process starts. */
  readonly runtime: 'demo' | 'opencode';
}

const member = (
  name: string,
  role: Role,
  { only = null, runtime = 'demo' }: Partial<Pick<Member, 'only' | 'runtime'>> = {},
): Member => ({ name, role, only, runtime });

export const members: readonly Member[] = [
  member('stay', 'stays'),
  member('quiet', 'updated'),
  member('moved', 'restarted'),
  member('in.a', 'comes and goes', { only: 'a' }),
  member('in.b', 'comes and goes', { only: 'b' }),
  member('slot', 'reset'),
  member('fresh', 'renewed'),
  member('code', 'restarted', { runtime: 'opencode' }),
  member('code.new', 'renewed', { runtime: 'opencode' }),
  member('asks', 'waits'),
  member('kept', 'held'),
];

export const declaredIn = (side: Side): readonly Member[] =>
  members.filter(({ only }) => only === null || only === side);

/** Whether fleet knows its conversation by its id. */
export const hasConversation = ({ role }: Member): boolean => role !== 'reset';
/** Whether that is one for good. */
export const keepsConversation = ({ role }: Member): boolean => role !== 'reset' && role !== 'renewed';

/** Whether its conversations begin with a first message of fleet's. */
export const isKickedOff = ({ role, runtime }: Member): boolean =>
  runtime === 'demo' && ['stays', 'restarted', 'comes and goes', 'reset', 'renewed'].includes(role);

/** That message, and its template by the placeholder. */
export const kickstart = (name: string): string => `You are ${name}.\nBegin.\n`;
