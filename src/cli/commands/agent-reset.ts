import { randomBytes } from 'node:crypto';
import type { OperatorCommand } from '../../controller/action.js';
import { mayStillBe, type Composer } from '../../controller/composer.js';
import { holdOn } from '../../controller/gate.js';
import { readText } from '../../host/atomic-file.js';
import { agentFile, outboxDirectory } from '../../host/paths.js';
import { observeMemory } from '../../observers/memory.js';
import { observeOwner } from '../../observers/installation.js';
import { readOutbox } from '../../observers/outbox.js';
import { resumabilityOf } from '../../roster/conversation.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import type { AgentSpec, Roster } from '../../roster/types.js';
import { eventOf } from '../event-record.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { requireOwnInstallation } from '../guard.js';
import { gateHint, gateText } from '../render/reason-text.js';
import { loadRoster } from '../roster-source.js';
import { deliverKickstarts, leaveKickstart } from '../talk/kickstart.js';
import { attended } from '../talk/attended.js';
import { openLine, requireSeen, type Line } from '../talk/line.js';
import { markFresh } from '../talk/mark-fresh.js';
import { deliverLeft } from '../talk/round.js';
import { resetByRestart, resetInApp, resetWord, type Refusal, type ResetResult } from '../talk/reset.js';
import { lockTalk, requireAgent } from './agent-send.js';
import { restartAgents } from './restart.js';
import { fleetWord } from '../typed.js';

export interface ResetOptions {
  readonly clear?: true;
  readonly new?: true;
  readonly interrupt?: true;
  readonly now?: true;
  readonly clearDraft?: true;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** `refusal`: why nothing follows, as a sentence; null: the agent is fresh. */
export interface ResetOutcome {
  readonly code: ExitCode;
  readonly refusal: Refusal | null;
}

/** What the operator typed. */
type ResetWord = Extract<OperatorCommand, 'agent reset' | 'agent assign'>;

const patienceMs = 60_000;

/**
 * Gives an agent a fresh conversation: in its runtime where the screen proves it, else by ending the process and starting it
 * again. Its first message follows.
 */
export async function resetCommand(context: Context, name: string, options: ResetOptions): Promise<ExitCode> {
  const { roster, agent } = await prepareReset(context, name, options);
  const { code } = await underLock(context, agent, options, () =>
    resetLocked(context, roster, agent, options, 'agent reset'),
  );
  if (!context.interrupted()) await deliverKickstarts(context, [name]);
  return code;
}

/** What can be refused without looking at the agent. */
export async function prepareReset(
  context: Context,
  name: string,
  options: ResetOptions,
): Promise<{ readonly roster: Roster; readonly agent: AgentSpec }> {
  if (options.clear === true && options.new === true)
    throw new CommandFailure(ExitCode.usage, 'give --clear or --new, not both');
  const roster = await loadRoster(context);
  const agent = requireAgent(roster, name);
  requireOwnInstallation(context, roster, observeOwner(context.paths, parseEnvironmentFile));
  return { roster, agent };
}

/**
 * Nobody else talks to the agent until it is fresh, and has its task: what was delivered to it after it had been found idle would be
 * lost with its process.
 */
export async function underLock(
  context: Context,
  agent: AgentSpec,
  options: ResetOptions,
  work: () => Promise<ResetOutcome>,
): Promise<ResetOutcome> {
  const locked = await waiting(context, agent, () => lockTalk(context, agent, options.timeout ?? patienceMs));
  if (locked.kind === 'held') {
    const { purpose, pid } = locked.owner;
    const message = `${purpose} (pid ${pid}) is talking to it`;
    return notReset(context, agent, { kind: 'refused', reason: 'Busy', message, late: true });
  }
  try {
    return await work();
  } finally {
    locked.lock.release();
  }
}

const waiting = <Value>(context: Context, { name }: AgentSpec, work: () => Promise<Value>): Promise<Value> =>
  attended(context, `  ${name}: waiting until it is idle …`, work);

/** The caller holds the agent's lock. */
export async function resetLocked(
  context: Context,
  roster: Roster,
  agent: AgentSpec,
  options: ResetOptions,
  word: ResetWord,
): Promise<ResetOutcome> {
  const { name } = agent;
  const afresh = async (): Promise<ResetOutcome> => {
    const { code } = await restartAgents(context, [name], word);
    const message = `it was not started afresh (exit ${code}); see: fleet explain ${name}`;
    return { code, refusal: code === ExitCode.done ? null : { reason: null, message } };
  };
  return waiting(context, agent, async () => {
    const result = await attempt(context, roster, agent, options, word);
    switch (result.kind) {
      case 'fresh':
        context.record([eventOf('reset', context.now(), { agent: name, message: 'reset in its runtime' })]);
        context.print(`${name} has a fresh conversation.`);
        return { code: ExitCode.done, refusal: null };
      case 'refused':
        return notReset(context, agent, result);
      case 'by-restart':
        context.say(
          `${name}: ending its process and starting it afresh, in a conversation that fleet can continue`,
        );
        return await afresh();
      case 'uncertain':
        context.say(`${name}: ${result.message}; ending its process and starting it afresh`);
        return await afresh();
    }
  });
}

/** Says why, once. */
function notReset(
  context: Context,
  { name }: AgentSpec,
  refusal: Extract<ResetResult, { kind: 'refused' }>,
): ResetOutcome {
  context.say(`${name} was not reset: ${refusal.message}`);
  const code =
    refusal.unseen === true
      ? ExitCode.unavailable
      : refusal.late === true
        ? ExitCode.timeout
        : ExitCode.actionFailed;
  const { reason, message } = refusal;
  return {
    code: context.interrupted() ? ExitCode.interrupted : code,
    refusal: { reason, message: `it was not reset: ${message}` },
  };
}

/** The caller holds the agent's lock. */
async function attempt(
  context: Context,
  roster: Roster,
  agent: AgentSpec,
  options: ResetOptions,
  word: ResetWord,
): Promise<ResetResult> {
  const asked = options.clear === true ? 'clear' : options.new === true ? 'new' : null;
  const opened = requireSeen(await openLine(context, roster, agent, 0), `${agent.name} was not reset: `);
  if (opened.kind === 'closed') return { ...opened.result, kind: 'refused' };
  requireNoHold(context, agent.name);
  if (word === 'agent assign' && options.now !== true && hasMessages(context, agent)) {
    // It belongs to the conversation that is there: a task of its own, perhaps, that was left.
    const patience = options.timeout ?? patienceMs;
    const earlier = {
      whenIdle: true,
      clearDraft: options.clearDraft === true,
      enters: 2,
      patienceMs: patience,
    };
    const { blocked } = await deliverLeft(context, opened.line, earlier);
    if (blocked !== null)
      return {
        kind: 'refused',
        reason: blocked.reason,
        message: `an earlier message waits: ${blocked.message}; see: fleet agent outbox ${agent.name}`,
      };
  }
  const manner = {
    interrupt: options.interrupt === true,
    hint: 'use --interrupt or --now',
    patienceMs: options.now === true ? 0 : (options.timeout ?? patienceMs),
    mayClear: (draft: Composer) => options.clearDraft === true || isCutShort(context, opened.line, draft),
  };
  const ended = async (more: { readonly untold?: true }): Promise<ResetResult> => {
    const waited = await resetByRestart(context, opened.line, { ...manner, ...more, command: '' });
    return waited.kind === 'refused' && options.now === true ? { ...waited, kind: 'uncertain' } : waited;
  };
  if (isResumed(context, agent)) return ended({});
  const typed = resetWord(opened.line, asked);
  if ('problem' in typed) {
    // Also what can only be ended is not ended in the middle of its turn.
    const waited = await ended({ untold: true });
    return waited.kind === 'by-restart' ? { kind: 'uncertain', message: typed.problem } : waited;
  }
  const order = { ...manner, command: typed.word };
  const result = await resetInApp(context, opened.line, order, randomBytes(8).toString('hex'));
  if (result.kind === 'refused' && options.now === true) return { ...result, kind: 'uncertain' };
  if (result.kind !== 'fresh') return result;
  const problem = leaveKickstart(context, agent, null, 'locked');
  if (problem !== null)
    throw new CommandFailure(
      ExitCode.error,
      `${agent.name} was reset, but its first message could not be left: ${problem}`,
    );
  await markFresh(context, opened.line);
  return result;
}

/**
 * Who is held is left as he is, his conversation included.
 *
 * @throws CommandFailure 6, and 1 where it cannot be told
 */
function requireNoHold(context: Context, name: string): void {
  const { paths, now } = context;
  const memory = observeMemory(paths.state);
  if (!memory.known) throw new CommandFailure(ExitCode.error, `${name} was not reset: ${memory.message}`);
  const held = holdOn(name, memory.value, now());
  if (held === null) return;
  const gate = { kind: 'held', ...held } as const;
  throw new CommandFailure(
    ExitCode.gated,
    `${name} was not reset: ${gateText(gate)}; go on with: ${gateHint(gate, name, fleetWord(context))}`,
  );
}

/** Whether something was left for it that was not its first message. */
function hasMessages({ paths }: Context, { name }: AgentSpec): boolean {
  const outbox = readOutbox(outboxDirectory(paths, name));
  return (
    outbox.known &&
    outbox.value.some(({ entry }) => entry.kind === 'message' && entry.left && entry.parked === null)
  );
}

/** Whether a draft is what fleet itself was saying to this process when it was cut short: it is in the outbox, and nobody's loss. */
function isCutShort({ paths }: Context, { agent, profile, target }: Line, draft: Composer): boolean {
  const outbox = readOutbox(outboxDirectory(paths, agent.name));
  if (!outbox.known) return false;
  return outbox.value.some(({ entry: { attempt, text } }) => {
    const same = attempt?.target.pid === target.pid && attempt.target.server === target.server;
    return same && mayStillBe(draft, text, profile.collapsed);
  });
}

/** Whether fleet says at its start which conversation it is in; then a reset in the runtime would leave it behind. */
function isResumed({ paths }: Context, agent: AgentSpec): boolean {
  const file = readText(agentFile(paths, agent.name, 'env'));
  const site = file.state === 'present' ? parseEnvironmentFile(file.text).site : {};
  return resumabilityOf(agent, site).kind === 'can';
}
