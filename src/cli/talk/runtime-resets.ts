import { randomBytes } from 'node:crypto';
import { markContext } from '../../actuators/tmux-sessions.js';
import type { World } from '../../controller/assess.js';
import type { Outcome } from '../../controller/port.js';
import type { RuntimeResets } from '../../controller/reset.js';
import { resumabilityOf } from '../../roster/conversation.js';
import type { AgentSpec } from '../../roster/types.js';
import type { Context } from '../context.js';
import { leaveKickstart } from './kickstart.js';
import { openLine, type Line } from './line.js';
import { resetInApp, resetWord } from './reset.js';
import { takeTalkLock } from './talk-lock.js';

/** Whoever talks to an agent is waited for so long. */
const lockMs = 5000;

/** Resets on the real host, for `apply` and the controller. */
export const runtimeResets = (context: Context, world: World): RuntimeResets => ({
  reset: (action, hash) => resetAgent(context, world, action.agent, hash),
});

async function resetAgent(
  context: Context,
  { roster, observed }: World,
  name: string,
  hash: string,
): Promise<Outcome> {
  const agent = roster.agents.find((one) => one.name === name);
  if (agent === undefined) return 'it is not in the roster';
  const site = observed.files.get(name)?.siteEnvironment;
  // A reset in the runtime would leave the conversation that fleet knows for one that it does not.
  if (resumabilityOf(agent, site?.known === true ? site.value : {}).kind === 'can')
    return 'only a start says which conversation it is in';
  const lock = await takeTalkLock(context.paths, name, 'a reset', lockMs);
  if (typeof lock === 'string') return lock;
  try {
    const opened = await openLine(context, roster, agent, 0);
    if (opened.kind === 'closed') return opened.result.message;
    return await resetLine(context, opened.line, agent, hash);
  } finally {
    lock.release();
  }
}

/** The mark comes last: a reset that is cut short before it is made again, first message included. */
async function resetLine(context: Context, line: Line, agent: AgentSpec, hash: string): Promise<Outcome> {
  const word = resetWord(line, null);
  if ('problem' in word) return word.problem;
  const order = {
    ...{ command: word.word, interrupt: false, hint: 'it is tried again', patienceMs: 0 },
    outlasts: true as const,
    mayClear: () => false,
  };
  const result = await resetInApp(context, line, order, randomBytes(8).toString('hex'));
  switch (result.kind) {
    case 'refused':
    case 'uncertain':
      return result.message;
    // Of a reset that was asked to be one in the runtime it is never said.
    case 'by-restart':
      return 'only a start says which conversation it is in';
    case 'fresh':
      return (
        leaveKickstart(context, agent, null, 'locked') ??
        markContext(context.exec, line.socket, agent.name, line.target, hash)
      );
  }
}
