import { eventFiles } from '../../actuators/event-log.js';
import { entryName, leaveMessage, removeEntry } from '../../actuators/outbox.js';
import type { Delivered } from '../../controller/deliver.js';
import type { DeliveryResult, RefusalReason } from '../../controller/delivery.js';
import type { OutboxEntry } from '../../controller/outbox.js';
import { mistakable, mistaken } from '../../controller/screen.js';
import { acquireLock, lockOwner, type LockResult } from '../../host/lock.js';
import { fileProblem } from '../../host/atomic-file.js';
import { controllerLock, outboxDirectory, talkLock } from '../../host/paths.js';
import { readEvents } from '../../observers/event-log.js';
import { observeInstallation, observeOwner } from '../../observers/installation.js';
import { readOutbox } from '../../observers/outbox.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import { profileOf } from '../../roster/profile.js';
import type { AgentSpec, Roster } from '../../roster/types.js';
import { visible } from '../../roster/visible.js';
import { requireAgents } from '../agent-names.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { installationProblem, requireOwnInstallation } from '../guard.js';
import { rosterToTalk } from '../roster-in-force.js';
import { attended } from '../talk/attended.js';
import { compose, type ComposeOptions } from '../talk/compose.js';
import { keepHeld } from '../talk/held.js';
import { openLine, requireSeen, type Line } from '../talk/line.js';
import { deliverMail, type Manner } from '../talk/mail.js';
import { advised, giveReceipt, type Receipt } from '../talk/receipt.js';
import { cutShort, deliverLeft, note } from '../talk/round.js';
import { readMessage, type TextOptions } from '../talk/text.js';

export interface SendOptions extends TextOptions, ComposeOptions {
  readonly whenIdle?: true;
  readonly clearDraft?: true;
  /** Most further times Enter is pressed. */
  readonly retries?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  /** What the sender takes for the fleet's tmux socket. */
  readonly socket?: string;
  /** For the scripts, whose predecessors knew sessions alone: the agent may be named by its session. */
  readonly session?: true;
  readonly json?: true;
}

/** How long a sender waits until an agent can be talked to, unless told otherwise. */
const patienceMs = 30_000;
const idlePatienceMs = 600_000;

/** Sends one message and says truthfully what became of it. */
export async function sendCommand(context: Context, name: string, options: SendOptions): Promise<ExitCode> {
  return (await prepareSend(context, name, options)).send();
}

export interface PreparedSend {
  readonly agent: AgentSpec;
  readonly send: (take?: TakeTalkLock) => Promise<ExitCode>;
  /** Nothing was typed, and nothing will be: on record, and with `--json` told by a receipt. */
  readonly refuse: (reason: RefusalReason | null, message: string) => Promise<void>;
}

/** Everything about a message that can be refused without looking at its agent, before anything is done. */
export async function prepareSend(
  context: Context,
  name: string,
  options: SendOptions,
): Promise<PreparedSend> {
  const begun = performance.now();
  const roster = await rosterToTalk(context);
  const bySession = options.session && roster.agents.find(({ session }) => session === name);
  const agent = requireAgent(roster, bySession?.name ?? name);
  if (options.socket !== undefined && options.socket !== roster.socketName)
    throw new CommandFailure(
      ExitCode.unavailable,
      `the fleet is on socket ${roster.socketName}, not ${visible(options.socket)}; nothing was sent`,
    );
  requireOwnInstallation(context, roster, observeOwner(context.paths, parseEnvironmentFile));
  const entry = await compose(context, roster, agent, readMessage(options), options);
  const like = mistakable(profileOf(agent), entry.text);
  if (like !== null)
    throw new CommandFailure(
      ExitCode.usage,
      `nothing was sent: ${mistaken(visible(like), agent.runtime)}. Say it otherwise, or write it to a file and send its name`,
    );
  const patience = options.timeout ?? (options.later ? 0 : options.whenIdle ? idlePatienceMs : patienceMs);
  const manner: Manner = {
    whenIdle: options.whenIdle === true,
    clearDraft: options.clearDraft === true,
    enters: 1 + (options.retries ?? 1),
    patienceMs: patience,
  };
  const receiptOf = (made: Made): Receipt => {
    const elapsedMs = Math.round(performance.now() - begun);
    return { ...made, agent: agent.name, id: entry.id, elapsedMs };
  };
  const send = async (take: TakeTalkLock = lockTalk): Promise<ExitCode> => {
    const made = await attended(context, `  ${agent.name}: waiting until it can be talked to …`, () =>
      (options.later === true ? sendOrLeave : sendNow)(context, roster, agent, entry, manner, take),
    );
    return giveReceipt(context, receiptOf(made), options.json === true);
  };
  const refuse = async (reason: RefusalReason | null, message: string): Promise<void> => {
    const made = await noted(context, entry, refused(reason, message));
    if (options.json === true) giveReceipt(context, receiptOf(made), true);
  };
  return { agent, send, refuse };
}

/** @throws CommandFailure 64 where it is not in the roster */
export function requireAgent(roster: Roster, name: string): AgentSpec {
  requireAgents(roster, [name]);
  const agent = roster.agents.find((one) => one.name === name);
  if (agent === undefined) throw new Error(`${name} is in the roster and is not`);
  return agent;
}

type Made = Omit<Receipt, 'agent' | 'id' | 'elapsedMs'>;

async function sendNow(
  context: Context,
  roster: Roster,
  agent: AgentSpec,
  entry: OutboxEntry,
  manner: Manner,
  take: TakeTalkLock,
): Promise<Made> {
  const rest = countdown(manner);
  const locked = await take(context, agent, manner.patienceMs);
  if (locked.kind === 'held')
    return noted(context, entry, advised(context, refused('Busy', busyText(locked.owner))));
  try {
    const opened = requireSeen(
      await openLine(context, roster, agent, rest().patienceMs),
      'nothing was typed: ',
    );
    const made =
      opened.kind === 'closed'
        ? { ...opened.result, attempts: 0 }
        : await deliverNow(context, opened.line, entry, rest());
    return await noted(context, entry, advised(context, made), opened.kind === 'open' ? opened.line : null);
  } finally {
    locked.lock.release();
  }
}

/** The patience of a sender is for all that he waits for. @returns what is left of it */
function countdown(manner: Manner): () => Manner {
  const until = performance.now() + manner.patienceMs;
  return () => ({ ...manner, patienceMs: Math.max(0, until - performance.now()) });
}

/** What was left earlier goes first: messages of one sender arrive in the order he sent them. */
async function deliverNow(
  context: Context,
  line: Line,
  entry: OutboxEntry,
  manner: Manner,
): Promise<Delivered> {
  const { blocked } = await deliverLeft(context, line, manner);
  if (blocked !== null) {
    const message = `an earlier message waits: ${blocked.message}; see: fleet agent outbox ${line.agent.name}`;
    return refused(blocked.reason ?? 'Busy', message);
  }
  if (context.interrupted()) return refused('NotReady', cutShort.message);
  const directory = outboxDirectory(context.paths, line.agent.name);
  const name = entryName(directory, entry);
  const made = await deliverMail(context, line, { name, entry }, manner);
  if (made.result.status === 'queued') keepHeld(context, line, { name, entry: made.entry });
  else removeEntry(directory, name);
  return made.result;
}

async function sendOrLeave(
  context: Context,
  roster: Roster,
  agent: AgentSpec,
  entry: OutboxEntry,
  manner: Manner,
  take: TakeTalkLock,
): Promise<Made> {
  const directory = outboxDirectory(context.paths, agent.name);
  const left = leaveMessage(directory, entry);
  if ('problem' in left)
    throw new CommandFailure(ExitCode.error, `the message could not be left: ${left.problem}`);
  const waits = async (result: DeliveryResult): Promise<Made> => {
    if (!waitsIn(directory, entry, result.reason)) return toldOf(context, entry);
    const message = `${result.message}; ${laterText(context, agent)}`;
    return noted(context, entry, { ...result, ...{ status: 'left', attempts: 0, message } });
  };
  const rest = countdown(manner);
  // It is left, whatever comes now: told as not left it would be sent again, and arrive twice.
  const locked = await take(context, agent, manner.patienceMs).catch((error: unknown) => {
    if (error instanceof CommandFailure) return error;
    throw error;
  });
  if (locked instanceof CommandFailure) return waits(refused('NotReady', locked.message));
  if (locked.kind === 'held') return waits(refused('Busy', busyText(locked.owner)));
  try {
    const opened = await openLine(context, roster, agent, rest().patienceMs);
    if (opened.kind === 'closed') return await waits(opened.result);
    const { results, blocked } = await deliverLeft(context, opened.line, rest());
    const own = results.get(entry.id);
    // What may have been entered is not said to be still to come: its sender would drop it, and send it again. What stands in the
    // composer is.
    const isEntered = own?.status === 'queued' || own?.status === 'unknown';
    if (own !== undefined && (isEntered || !waitsIn(directory, entry, own.reason))) return own;
    return await waits(own ?? blocked ?? refused('NotReady', 'nothing was typed'));
  } finally {
    locked.lock.release();
  }
}

/**
 * Whether it is still to be delivered; where the outbox cannot be read, it is. What the agent holds it has been given, unless it has
 * died since.
 *
 * @param why nothing more can be done for it now
 */
function waitsIn(directory: string, { id }: OutboxEntry, why: RefusalReason | null): boolean {
  const outbox = readOutbox(directory);
  if (!outbox.known) return true;
  const found = outbox.value.find(({ entry }) => entry.id === id && entry.parked === null);
  return found !== undefined && (found.entry.held !== true || why === 'Dead');
}

/** What is on record of a message that somebody else has taken along: whoever had the agent's lock delivers all that was left. */
function toldOf({ paths }: Context, { id }: OutboxEntry): Made {
  const event = readEvents(eventFiles(paths.state)).findLast(({ details }) => details['id'] === id);
  switch (event?.details['status']) {
    case 'delivered':
    case 'queued':
      return {
        ...{ status: event.details['status'], reason: null, attempts: 0 },
        message: 'by whoever was talking to it',
      };
    case 'dropped':
      return refused('NotReady', 'somebody dropped it from the outbox');
    default:
      return {
        ...{ status: 'unknown', reason: null, attempts: 0 },
        message: 'somebody else has begun it, and nothing tells whether it arrived; see: fleet agent outbox',
      };
  }
}

/** A receipt is an event, too, whatever it says. */
async function noted<Result extends Made>(
  context: Context,
  entry: OutboxEntry,
  made: Result,
  line: Line | null = null,
): Promise<Result> {
  await note(context, entry, made, line);
  return made;
}

/** Who delivers what was left, and what to do where nobody does. */
function laterText(context: Context, { name }: AgentSpec): string {
  const { paths } = context;
  if (lockOwner(controllerLock(paths)) === null)
    return `no controller runs to deliver it: fleet run, or once it is ready fleet agent outbox ${name} --deliver`;
  // It says nothing to anybody while it may not act.
  const problem = installationProblem(context, null, observeInstallation(paths, parseEnvironmentFile));
  return problem === null
    ? 'the controller delivers it when the agent is ready'
    : `the controller delivers it once this is mended: ${problem.replaceAll(/:?\n\s*/g, '; ')}`;
}

const refused = (reason: DeliveryResult['reason'], message: string): Delivered => ({
  ...{ status: 'refused', reason, message, attempts: 0 },
});

const busyText = ({ purpose, pid }: { readonly purpose: string; readonly pid: number }): string =>
  `${purpose} (pid ${pid}) is talking to it`;

/** How a sender gets the agent's lock: who has it already hands it on. */
export type TakeTalkLock = typeof lockTalk;

/** One at a time types into an agent. @throws CommandFailure 1 where the state directory cannot be written */
export async function lockTalk(
  { paths, interrupted }: Context,
  agent: Pick<AgentSpec, 'name'>,
  timeoutMs: number,
): Promise<LockResult> {
  const directory = talkLock(paths, agent.name);
  return acquireLock(directory, 'fleet agent send', timeoutMs, { isOver: interrupted }).catch(
    (error: unknown) => {
      throw new CommandFailure(ExitCode.error, `cannot take the lock ${directory}: ${fileProblem(error)}`);
    },
  );
}
