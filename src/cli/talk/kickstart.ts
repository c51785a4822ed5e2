import { randomBytes } from 'node:crypto';
import { leaveMessage, removeEntry } from '../../actuators/outbox.js';
import type { PlannedAction } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import type { Conversation } from '../../controller/conversation.js';
import { cleaned } from '../../controller/message.js';
import type { OutboxEntry, StoredEntry } from '../../controller/outbox.js';
import type { Outcome } from '../../controller/port.js';
import { controllerLock, outboxDirectory } from '../../host/paths.js';
import { lockOwner } from '../../host/lock.js';
import { readOutbox } from '../../observers/outbox.js';
import { renderKickstart } from '../../roster/placeholders.js';
import type { AgentSpec } from '../../roster/types.js';
import { agentEnvironment } from '../agent-environment.js';
import type { Context } from '../context.js';
import { observe, type Pass } from '../pass.js';
import { rosterToTalk } from '../roster-in-force.js';
import { leaveWordToGoOn } from './go-on.js';
import { openLine } from './line.js';
import { deliverLeft, waitsForStart } from './round.js';
import { takeTalkLock } from './talk-lock.js';

/** A first message is waited for so long by a command that started its agent, where no controller runs. */
const patienceMs = 15_000;

/**
 * Puts an agent's first message into its outbox, in place of one for an earlier conversation. Before the start, so that a
 * command that dies in between loses none.
 *
 * @param after the process that runs now and will be replaced; null: none
 * @param lock `locked`: the caller holds the agent's lock, so that nobody is delivering the one that is there. It is replaced in
 *   one step then, and where that fails it is still there
 */
export function leaveKickstart(
  context: Context,
  agent: AgentSpec,
  after: OutboxEntry['after'],
  lock: 'locked' | 'unlocked',
): Outcome {
  const text = renderKickstart(agent, context.paths.userHome);
  const directory = outboxDirectory(context.paths, agent.name);
  const outbox = readOutbox(directory);
  const isWanted = text !== null && cleaned(text).trim() !== '';
  if (!outbox.known) return isWanted ? outbox.message : null;
  const before = firstWords(outbox.value);
  const over = lock === 'locked' && isWanted ? before[0] : undefined;
  for (const name of before) if (name !== over) removeEntry(directory, name);
  if (!isWanted) return null;
  const left = leaveMessage(
    directory,
    {
      ...{ id: randomBytes(8).toString('hex'), kind: 'kickstart', agent: agent.name, text: cleaned(text) },
      ...{ addressed: false, source: 'fleet', createdAt: context.now(), left: true },
      ...{ attempt: null, after, parked: null },
    },
    over,
  );
  return 'problem' in left ? left.problem : null;
}

/** What waits to be said first in a conversation, by the names of its files. */
const firstWords = (entries: readonly { readonly name: string; readonly entry: OutboxEntry }[]): string[] =>
  entries.filter(({ entry }) => entry.kind !== 'message').map(({ name }) => name);

/** What was to be said first in a conversation that is left is not said in another one that has long begun. */
function forgetFirstWords({ paths }: Context, agent: string, world: World, next: Conversation): void {
  const record = world.observed.conversations.get(agent)?.record;
  if (record?.known !== true || record.value.current?.id === next.id) return;
  const directory = outboxDirectory(paths, agent);
  const outbox = readOutbox(directory);
  if (outbox.known) for (const name of firstWords(outbox.value)) removeEntry(directory, name);
}

/**
 * For an action that is about to start an agent. A conversation that is continued had its first message, and is continued also where
 * it cannot be told to go on, which is said.
 *
 * @returns why an agent must not be started: without its first message it would be nobody
 */
export function leaveKickstartOf(
  context: Context,
  { agent, action, live, conversation: { next } }: PlannedAction,
  { world, inherited }: Pick<Pass, 'world' | 'inherited'>,
): Outcome {
  const desired = world.desired.get(agent);
  const spec = desired?.spec;
  if (spec === undefined || (action !== 'start' && action !== 'restart' && action !== 'reset')) return null;
  const server = world.observed.tmux.known ? world.observed.tmux.value?.pid : undefined;
  const after = live === null || server === undefined ? null : { server, pid: live.pid };
  if (next.kind === 'same' && next.resumes) {
    forgetFirstWords(context, agent, world, next.conversation);
    if (spec.onInterrupted !== 'continue' || desired?.kind !== 'resolved') return null;
    const environment = agentEnvironment(context, inherited, desired.effective.env);
    const problem = leaveWordToGoOn(context, spec, environment, next.conversation, after);
    if (problem !== null) context.say(`${agent} will not be told to go on: ${problem}`);
    return null;
  }
  const problem = leaveKickstart(context, spec, after, 'unlocked');
  return problem === null ? null : `its first message could not be left: ${problem}`;
}

/**
 * Delivers first messages of agents that were just started, where no controller does. Bounded; says what it could not.
 *
 * @param lock `locked`: the caller holds the agents' locks
 */
export async function deliverKickstarts(
  context: Context,
  agents: readonly string[],
  lock: 'locked' | 'unlocked' = 'unlocked',
): Promise<void> {
  const waiting = agents.filter((agent) => {
    const outbox = readOutbox(outboxDirectory(context.paths, agent));
    // And what a former process held, and took along.
    const isFirst = ({ entry }: StoredEntry): boolean => entry.kind !== 'message' || entry.held === true;
    return outbox.known && outbox.value.some((one) => isFirst(one) && one.entry.parked === null);
  });
  if (waiting.length === 0) return;
  // It delivers them when the agents are ready, however long that takes.
  if (lockOwner(controllerLock(context.paths)) !== null) return;
  const { world } = await observe(context, { roster: await rosterToTalk(context) });
  await Promise.all(
    world.roster.agents
      .filter(({ name }) => waiting.includes(name))
      .map(async (agent) => {
        context.progress(`  ${agent.name}: first message …`);
        const problem = await deliverTo(context, world, agent, lock);
        if (problem !== null)
          context.say(
            `${agent.name}: its first message waits: ${problem}. Deliver it with: fleet agent outbox ${agent.name} --deliver, or let the controller do it: fleet run`,
          );
      }),
  );
}

async function deliverTo(
  context: Context,
  { roster }: World,
  agent: AgentSpec,
  held: 'locked' | 'unlocked',
): Promise<Outcome> {
  const deadline = performance.now() + patienceMs;
  const left = (): number => Math.max(0, deadline - performance.now());
  const lock =
    held === 'locked' ? null : await takeTalkLock(context.paths, agent.name, 'fleet apply', left());
  if (typeof lock === 'string') return lock;
  try {
    const opened = await openLine(context, roster, agent, left());
    if (opened.kind === 'closed') return opened.result.message;
    const manner = { whenIdle: true, clearDraft: false, enters: 2, patienceMs: left() };
    const { blocked } = await deliverLeft(context, opened.line, manner);
    // A restart that was cut short and is planned again, or has to wait.
    return blocked === waitsForStart ? null : (blocked?.message ?? null);
  } finally {
    lock?.release();
  }
}
