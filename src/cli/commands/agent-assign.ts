import { visible } from '../../roster/visible.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { deliverKickstarts } from '../talk/kickstart.js';
import { prepareReset, resetLocked, underLock, type ResetOptions, type ResetOutcome } from './agent-reset.js';
import { prepareSend, type SendOptions, type TakeTalkLock } from './agent-send.js';

/** A task for an agent: a disposable slot is reset first, its first message comes next, then the task. Stops where one fails. */
export async function assignCommand(
  context: Context,
  name: string,
  options: SendOptions & ResetOptions,
): Promise<ExitCode> {
  // Whole before anything is ended: a task that cannot be sent must not cost a conversation.
  const task = await prepareSend(context, name, options);
  if (!task.agent.resetBetweenTasks) return task.send();
  const told = options.json === true ? { ...context, print: context.say } : context;
  const { roster, agent } = await prepareReset(told, task.agent.name, options);
  const sending = { begun: false };
  // One lock over all of it: between the reset and the task another task would come into the same conversation.
  const assign = async (): Promise<ResetOutcome> => {
    const reset = await resetLocked(told, roster, agent, options, 'agent assign');
    if (!context.interrupted()) await deliverKickstarts(told, [agent.name], 'locked');
    if (reset.code !== ExitCode.done) return reset;
    if (context.interrupted())
      return {
        code: ExitCode.interrupted,
        refusal: { reason: null, message: 'interrupted after its reset' },
      };
    sending.begun = true;
    return { code: await task.send(handedOn), refusal: null };
  };
  const { code, refusal } = await underLock(told, agent, options, assign).catch(async (error: unknown) => {
    // Whoever reads receipts must learn of a refusal, too.
    if (error instanceof CommandFailure && !sending.begun) await task.refuse(null, notSent(error.message));
    throw error;
  });
  if (refusal === null) return code;
  await task.refuse(refusal.reason, notSent(refusal.message));
  context.say('the task was not sent');
  return code;
}

const notSent = (why: string): string => `the task was not sent: ${visible(why)}`;

/** The lock of somebody who has it, and gives it back himself. */
const handedOn: TakeTalkLock = () =>
  Promise.resolve({ kind: 'acquired', lock: { release: () => undefined }, claim: 0 });
