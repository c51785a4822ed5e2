import { assess, type Assessment, type World } from './assess.js';
import { conversationInForce, nextStart, subjectOf } from './continuation.js';
import type { Conversation } from './conversation.js';

/** An agent, and the conversation that it runs in, or was in when it ran last. */
export interface Occupant {
  readonly agent: string;
  readonly conversation: Conversation;
  /** Whether a process of it may be there now. In doubt one is. */
  readonly runs: boolean;
  /** Whether it does not run, and is to be started there. */
  readonly due: boolean;
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
    const occupant = occupantOf(assessment, world);
    if (occupant === null) continue;
    const realm = realmOf(occupant.conversation.id);
    const before = all.get(realm);
    if (before === undefined) all.set(realm, [occupant]);
    else before.push(occupant);
  }
  return all;
}

/**
 * Because of whom an agent that does not run must not be started in this conversation; null: nobody. Where none of them runs,
 * that is so for all but one: who was put into it last goes on in it.
 */
export function rivalFor(world: World, agent: string, conversation: Conversation): Occupant | null {
  const others = othersIn(world, conversation.id, agent);
  const running = others.find(({ runs }) => runs);
  if (running !== undefined) return running;
  const [last] = others.filter(({ due }) => due).toSorted(lastFirst);
  return last !== undefined && lastFirst(last, { agent, conversation }) < 0 ? last : null;
}

/** Whether it is this very conversation, not another one of the same realm. */
export const isInIt = ({ conversation }: Occupant, id: string): boolean =>
  plain(conversation.id) === plain(id);

type Claim = Pick<Occupant, 'agent' | 'conversation'>;

const putThereAt = ({ conversation: { resumed, createdAt } }: Claim): number => resumed?.at ?? createdAt;

const lastFirst = (a: Claim, b: Claim): number =>
  putThereAt(b) - putThereAt(a) || (a.agent < b.agent ? -1 : 1);

/** null: it is in none that anything is known of. */
function occupantOf(assessment: Assessment, { observed }: World): Occupant | null {
  const { agent, desired, situation, owned } = assessment;
  // Another fleet's: what is on record here is of an agent that had its name.
  if (desired === null && !owned) return null;
  const all = subjectOf(assessment, observed);
  // A session without marks tells nothing. The record does.
  const subject = situation.kind === 'unmarked' ? { ...all, marks: null } : all;
  const now = conversationInForce(subject);
  if (now.kind !== 'known') return null;
  const { conversation } = now;
  const runs = mayRun(assessment);
  const wanted = !runs && desired?.spec.suspend === false;
  return { agent, conversation, runs, due: wanted && nextStart(now, subject, null).kind === 'same' };
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
