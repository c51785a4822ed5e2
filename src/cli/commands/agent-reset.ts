import { randomBytes } from 'node:crypto';
import { readText } from '../../host/atomic-file.js';
import { agentFile } from '../../host/paths.js';
import { resumabilityOf } from '../../roster/conversation.js';
import { parseEnvironmentFile } from '../../roster/environment-file.js';
import type { AgentSpec } from '../../roster/types.js';
import { eventOf } from '../event-record.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { loadRoster } from '../roster-source.js';
import { deliverKickstarts, leaveKickstart } from '../talk/kickstart.js';
import { openLine } from '../talk/line.js';
import { resetByRestart, resetInApp, resetWord, type ResetResult } from '../talk/reset.js';
import { lockTalk, requireAgent, sendCommand, type SendOptions } from './agent-send.js';
import { restartCommand } from './restart.js';

export interface ResetOptions {
  readonly clear?: true;
  readonly new?: true;
  readonly interrupt?: true;
  readonly now?: true;
  /** Milliseconds. */
  readonly timeout?: number;
}

const patienceMs = 60_000;

/**
 * Gives an agent a fresh conversation: in its runtime where the screen proves it, else by ending the process and starting it
 * again. Its first message follows.
 */
export async function resetCommand(context: Context, name: string, options: ResetOptions): Promise<ExitCode> {
  const result = await attempt(context, name, options);
  switch (result.kind) {
    case 'fresh':
      context.record([eventOf('reset', context.now(), { agent: name, message: 'reset in its runtime' })]);
      context.print(`${name} has a fresh conversation.`);
      await deliverKickstarts(context, [name]);
      return ExitCode.done;
    case 'refused':
      context.say(`${name} was not reset: ${result.message}`);
      return ExitCode.actionFailed;
    case 'by-restart':
      return restartCommand(context, [name], { fresh: true });
    case 'uncertain':
      context.say(`${name}: ${result.message}; ending its process and starting it afresh`);
      return restartCommand(context, [name], { fresh: true });
  }
}

async function attempt(context: Context, name: string, options: ResetOptions): Promise<ResetResult> {
  const roster = await loadRoster(context);
  const agent = requireAgent(roster, name);
  const asked = options.clear === true ? 'clear' : options.new === true ? 'new' : null;
  const locked = await lockTalk(context, agent, options.timeout ?? patienceMs);
  if (locked.kind === 'held')
    return { kind: 'refused', message: `${locked.owner.purpose} (pid ${locked.owner.pid}) is talking to it` };
  try {
    const opened = await openLine(context, roster, agent, 0);
    if (opened.kind === 'closed') return { kind: 'refused', message: opened.result.message };
    const manner = {
      interrupt: options.interrupt === true,
      patienceMs: options.now === true ? 0 : (options.timeout ?? patienceMs),
    };
    if (isResumed(context, agent)) {
      const waited = await resetByRestart(context, opened.line, { ...manner, command: '' });
      return waited.kind === 'refused' && options.now === true ? { ...waited, kind: 'uncertain' } : waited;
    }
    const word = resetWord(opened.line, asked);
    if ('problem' in word) return { kind: 'uncertain', message: word.problem };
    const order = { ...manner, command: word.word };
    const result = await resetInApp(context, opened.line, order, randomBytes(8).toString('hex'));
    if (result.kind === 'refused' && options.now === true) return { ...result, kind: 'uncertain' };
    const problem = result.kind === 'fresh' ? leaveKickstart(context, agent, null) : null;
    if (problem !== null)
      throw new CommandFailure(
        ExitCode.error,
        `${name} was reset, but its first message could not be left: ${problem}`,
      );
    return result;
  } finally {
    locked.lock.release();
  }
}

/** Whether fleet says at its start which conversation it is in; then a reset in the runtime would leave it behind. */
function isResumed({ paths }: Context, agent: AgentSpec): boolean {
  const file = readText(agentFile(paths, agent.name, 'env'));
  const site = file.state === 'present' ? parseEnvironmentFile(file.text).site : {};
  return resumabilityOf(agent, site).kind === 'can';
}

/** A task for an agent: a disposable slot is reset first, its first message comes next, then the task. Stops where one fails. */
export async function assignCommand(
  context: Context,
  name: string,
  options: SendOptions & ResetOptions,
): Promise<ExitCode> {
  const agent = requireAgent(await loadRoster(context), name);
  if (agent.resetBetweenTasks) {
    const code = await resetCommand(context, name, options);
    if (code !== ExitCode.done) {
      context.say('the task was not sent');
      return code;
    }
  }
  return sendCommand(context, name, options);
}
