import { setTimeout as delay } from 'node:timers/promises';
import equal from 'fast-deep-equal';
import { writeLaunchRecord } from '../actuators/agent-files.js';
import { writeAccepted, writeConversations } from '../actuators/conversations.js';
import { assess, type Assessment, type World } from '../controller/assess.js';
import { noConversations, type ConversationRecord } from '../controller/conversation.js';
import { findingsIn } from '../controller/findings.js';
import { spokenIn } from '../controller/last-conversation.js';
import { continuing, launchRecord } from '../controller/launch.js';
import type { Marks } from '../controller/observed.js';
import type { Outcome } from '../controller/port.js';
import { readText } from '../host/atomic-file.js';
import { acquireLock, lockOwner } from '../host/lock.js';
import { agentFile, controllerLock } from '../host/paths.js';
import { readConversations } from '../observers/conversations.js';
import { resumabilityOf } from '../roster/conversation.js';
import type { Context } from './context.js';
import { launchPlaces } from './launch-places.js';
import { observe, type Pass } from './pass.js';
import { rosterToTalk } from './roster-in-force.js';

/**
 * Puts it on record, and into the launch record, so that a unit that is restarted by hand continues it. The caller holds
 * the lock.
 */
export function keepFindings(
  context: Context,
  world: World,
  { but = new Set() }: { readonly but?: ReadonlySet<string> } = {},
): Outcome {
  let problem: Outcome = null;
  for (const { agent, before, after, assessment } of findingsIn(world, context.now())) {
    if (but.has(agent)) continue;
    const now = readConversations(context.paths, agent);
    if (!now.known || !equal(now.value, before)) continue;
    problem ??=
      writeConversations(context.paths, agent, after) ?? keepLaunch(context, world, assessment, after);
  }
  return problem;
}

function keepLaunch(
  context: Context,
  world: World,
  { agent, desired, situation }: Assessment,
  { current }: ConversationRecord,
): Outcome {
  if (situation.kind !== 'live' || current === null) return null;
  const { spec, context: hash } = situation.session.marks;
  const asDeclared =
    desired?.kind === 'resolved' && spec === desired.specHash && hash === desired.contextHash;
  const can = asDeclared ? resumabilityOf(desired.spec, desired.site) : null;
  if (!asDeclared || can?.kind !== 'can') return continueInRecord(context, agent, current.id);
  const places = launchPlaces(context, world.roster);
  const record = launchRecord(desired, places, { shape: can.shape, id: current.id });
  return record.ok ? writeLaunchRecord(context.paths, agent, record.value) : record.failure;
}

function continueInRecord({ paths }: Context, agent: string, id: string): Outcome {
  const content = readText(agentFile(paths, agent, 'launch'));
  const record = content.state === 'present' ? continuing(content.text, id) : null;
  return record === null ? null : writeLaunchRecord(paths, agent, record);
}

/** Between passes: only where nobody else acts. */
export async function keepBetweenPasses(
  context: Context,
  world: World,
  working: ReadonlySet<string>,
): Promise<Outcome> {
  if (findingsIn(world, context.now()).every(({ agent }) => working.has(agent))) return null;
  const locked = await acquireLock(context.paths.lock, 'fleet run', 0);
  if (locked.kind === 'held') return null;
  try {
    return keepFindings(context, world, { but: working });
  } finally {
    locked.lock.release();
  }
}

/** codex shows its id within so long after its start, milliseconds. */
const showsWithinMs = 8000;
const lookEveryMs = 200;

/** Waits until agents that were just started show which conversation they are in. Bounded. The caller holds the lock. */
export async function awaitShown(context: Context, pass: Pass, agents: ReadonlySet<string>): Promise<void> {
  const waiting = (world: World): boolean =>
    assess(world).agents.some(({ agent, desired, situation }) => {
      if (!agents.has(agent) || situation.kind !== 'live' || desired?.kind !== 'resolved') return false;
      const can = resumabilityOf(desired.spec, desired.site);
      const sight = world.observed.conversations.get(agent);
      const current = sight?.record.known === true ? sight.record.value.current : null;
      return (
        can.kind === 'can' &&
        can.shape.identity === 'learnt' &&
        current?.unit !== situation.session.marks.unit
      );
    });
  const deadline = performance.now() + showsWithinMs;
  // Not before: it has yet to come up, and a look takes a processor from it.
  await delay(lookEveryMs);
  let { world } = await observe(context, { roster: pass.world.roster });
  while (waiting(world)) {
    keepFindings(context, world);
    if (performance.now() >= deadline || context.interrupted()) return;
    await delay(lookEveryMs);
    ({ world } = await observe(context, { roster: pass.world.roster }));
  }
}

/**
 * A message was proven delivered: from now on its conversation is never replaced by an empty one. Of an agent that shows no id it
 * is put on record that it was spoken to.
 *
 * @param marks of the session in which it was said: what is on record may be of a start that never came
 */
export async function noteAccepted(
  context: Context,
  agent: string,
  marks: Pick<Marks, 'unit' | 'conversation'>,
): Promise<void> {
  const record = readConversations(context.paths, agent);
  const { current, former } = record.known ? record.value : noConversations;
  const id = spokenIn({ current, former }, marks);
  if (current?.id === id && id !== '' && current.accepted) return;
  // Where that cannot be written, the runtime's own file tells.
  writeAccepted(context.paths, agent, id);
  // What cannot be settled now is settled by whoever looks next.
  if (current !== null && current.id !== id) await keepUnlessAtWork(context).catch(() => undefined);
}

/** As {@link keepFindings}, of now: where nobody is at a restart that may still come. A controller does so by itself. */
async function keepUnlessAtWork(context: Context): Promise<void> {
  if (lockOwner(controllerLock(context.paths)) !== null) return;
  const locked = await acquireLock(context.paths.lock, 'fleet agent send', 0);
  if (locked.kind === 'held') return;
  try {
    const { world } = await observe(context, { roster: await rosterToTalk(context) });
    keepFindings(context, world);
  } finally {
    locked.lock.release();
  }
}
