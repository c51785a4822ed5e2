import { assess, type Assessment, type World } from './assess.js';
import { conversationInForce, nextStart, subjectOf } from './continuation.js';
import type { Conversation } from './conversation.js';

/** An agent, and a conversation that it runs in, was in when it ran last, or is to be led back into. */
export interface Occupant {
  readonly agent: string;
  readonly conversation: Conversation;
  /** Whether a process of it may be there now. In doubt one is. */
  readonly runs: boolean;
  /** Whether it does not run there, and is to be started there. */
  readonly due: boolean;
  /** Whether it runs in another one meanwhile. */
  readonly moves: boolean;
}

/** Those of a world by realm; made when the first start asks, so for a fleet at rest never. */
const made = new WeakMap<World, ReadonlyMap<string, readonly Occupant[]>>();

/** Who else has what an agent in this conversation must have for itself. Two would overwrite each other. */
export function othersIn(world: World, id: string, but: string): readonly Occupant[] {
  const all = made.get(world) ?? occupantsOf(world);
  made.set(world, all);
  return (all.get(realmOf(id)) ?? []).filter(({ agent }) => agent !== but);
}

function occupantsOf(world: World): ReadonlyMap<string, readonly Occupant[]> {
  const all = new Map<string, Occupant[]>();
  for (const assessment of assess(world).agents) {
    for (const occupant of occupantsIn(assessment, world)) {
      const realm = realmOf(occupant.conversation.id);
      const before = all.get(realm);
      if (before === undefined) all.set(realm, [occupant]);
      else before.push(occupant);
    }
  }
  return all;
}

/**
 * Because of whom an agent must not be started in a conversation that it does not run in; null: nobody. Where none of them
 * runs there, that is so for all but one: who was put into it last goes on in it, before anybody who runs in another one.
 */
export function rivalFor(world: World, claim: Claim): Occupant | null {
  const others = othersIn(world, claim.conversation.id, claim.agent);
  const running = others.find(({ runs }) => runs);
  if (running !== undefined) return running;
  const [last] = others.filter(({ due }) => due).toSorted(lastFirst);
  return last !== undefined && lastFirst(last, claim) < 0 ? last : null;
}

/** Whether it is this very conversation, not another one of the same realm. */
export const isInIt = ({ conversation }: Occupant, id: string): boolean =>
  plain(conversation.id) === plain(id);

type Claim = Pick<Occupant, 'agent' | 'conversation' | 'moves'>;

const putThereAt = ({ conversation: { resumed, createdAt } }: Claim): number => resumed?.at ?? createdAt;

const lastFirst = (a: Claim, b: Claim): number =>
  Number(a.moves) - Number(b.moves) || putThereAt(b) - putThereAt(a) || (a.agent < b.agent ? -1 : 1);

/** None where it is in none that anything is known of, and is to go into none. */
function occupantsIn(assessment: Assessment, { observed }: World): readonly Occupant[] {
  const { agent, desired, situation, owned } = assessment;
  // Another fleet's: what is on record here is of an agent that had its name.
  if (desired === null && !owned) return [];
  const all = subjectOf(assessment, observed);
  // A session without marks tells nothing. The record does.
  const subject = situation.kind === 'unmarked' ? { ...all, marks: null } : all;
  const now = conversationInForce(subject);
  const runs = mayRun(assessment);
  const next = desired?.spec.suspend === false ? nextStart(now, subject, null) : null;
  const into = next?.kind === 'same' ? next.conversation : null;
  const own = now.kind === 'known' ? now.conversation : null;
  const moves = runs && into !== null && into.id !== own?.id;
  return [
    ...(own === null ? [] : [{ agent, conversation: own, runs, due: !runs && into !== null, moves: false }]),
    ...(moves ? [{ agent, conversation: into, runs: false, due: true, moves }] : []),
  ];
}

function mayRun({ situation }: Assessment): boolean {
  switch (situation.kind) {
    case 'live':
    case 'unmarked':
    case 'starting':
    case 'stopping':
    case 'unknown':
      return true;
    case 'stopped':
    case 'exited':
    case 'hollow':
    case 'foreign':
      return false;
  }
}

/** An id that is a file, in one spelling. */
const plain = (id: string): string => id.replace(/\/(\.?\/)+/g, '/');

/** What one agent must have for itself: its conversation, and with pi the directory that tells what its human has begun. */
const realmOf = (id: string): string =>
  plain(id).replace(/(--fleet-[^/]+-[0-9a-f]{8})\/[^/]+$/, (_, directory: string) => directory);
