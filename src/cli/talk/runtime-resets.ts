import { randomBytes } from 'node:crypto';
import { markContext } from '../../actuators/tmux-sessions.js';
import type { PlannedAction } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import type { Outcome } from '../../controller/port.js';
import type { RuntimeResets } from '../../controller/reset.js';
import { lockOwner } from '../../host/lock.js';
import { talkLock } from '../../host/paths.js';
import { findPanes, lookAt } from '../../observers/screens.js';
import { resumabilityOf } from '../../roster/conversation.js';
import type { AgentSpec } from '../../roster/types.js';
import type { Context } from '../context.js';
import { leaveKickstart } from './kickstart.js';
import { lineTo, openLine, type Line } from './line.js';
import { resetBarrier, resetInApp, resetWord, turnBarrier } from './reset.js';
import { takeTalkLock } from './talk-lock.js';

/** Whoever talks to an agent is waited for so long. */
const lockMs = 5000;

/** Resets on the real host, for `apply` and the controller. @param now `--now`: no screen is asked before */
export function runtimeResets(context: Context, world: World, now: boolean): RuntimeResets {
  return {
    barred: (actions) => (now ? Promise.resolve(new Map()) : barred(context, world, actions)),
    reset: (action, hash) => resetAgent(context, world, action.agent, hash),
  };
}

async function barred(
  context: Context,
  { roster }: World,
  actions: readonly PlannedAction[],
): Promise<ReadonlyMap<string, string>> {
  const every = (message: string): ReadonlyMap<string, string> =>
    new Map(actions.map(({ agent }) => [agent, `its screen cannot be seen: ${message}`]));
  const panes = await findPanes(context.exec, roster.socketName);
  if (!panes.known) return every(panes.message);
  const lines = actions.flatMap(({ agent: name, action }) => {
    const agent = roster.agents.find((one) => one.name === name);
    const found = panes.value?.find((pane) => pane.agent === name && pane.home === context.paths.home);
    return agent === undefined || found === undefined
      ? []
      : [{ ...lineTo(roster, agent, found), resets: action === 'reset' }];
  });
  const screens = await lookAt(
    context.exec,
    roster.socketName,
    lines.map(({ target }) => target),
  );
  if (!screens.known) return every(screens.message);
  return new Map(
    lines.flatMap((line) => {
      const { name } = line.agent;
      const screen = screens.value.get(line.target.pane);
      if (!line.resets) {
        const turn = screen === undefined ? null : turnBarrier(line, screen);
        return turn === null ? [] : [[name, turn.message]];
      }
      const talker = lockOwner(talkLock(context.paths, name));
      if (talker !== null) return [[name, `${talker.purpose} (pid ${talker.pid}) is talking to it`]];
      const order = resetWord(line, null);
      const word = 'word' in order ? order.word : null;
      const seen = screen === undefined ? null : resetBarrier(line, screen, word);
      // A screen that is not what the profile says is ready would defer it for ever; ending its process is sure.
      return seen === null || seen.kind === 'starting' ? [] : [[name, seen.message]];
    }),
  );
}

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
  const order = { command: word.word, interrupt: false, hint: 'it is tried again', patienceMs: 0 };
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
        leaveKickstart(context, agent, null) ??
        markContext(context.exec, line.socket, agent.name, line.target, hash)
      );
  }
}
