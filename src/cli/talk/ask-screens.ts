import type { PlannedAction } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import type { AskScreens, ScreenBarrier } from '../../controller/screen-gates.js';
import { lockOwner } from '../../host/lock.js';
import { talkLock } from '../../host/paths.js';
import { lookAt } from '../../observers/screens.js';
import { profileOfRunning } from '../../roster/profile.js';
import type { Context } from '../context.js';
import type { Line } from './line.js';
import { resetBarrier, resetWord, turnBarrier } from './reset.js';

/** What the screens of agents forbid that are to be restarted or reset: one tmux call for twenty of them. */
export const askScreens =
  ({ exec, paths }: Context, world: World): AskScreens =>
  async (actions) => {
    const lines = actions.flatMap((action) => {
      const line = lineOf(world, action);
      return line === null ? [] : [{ line, resets: action.action === 'reset' }];
    });
    const screens = await lookAt(
      exec,
      world.roster.socketName,
      lines.map(({ line }) => line.target),
    );
    if (!screens.known)
      return new Map(
        actions.map(({ agent }) => [agent, still(`its screen cannot be seen: ${screens.message}`)]),
      );
    return new Map(
      lines.flatMap(({ line, resets }): readonly (readonly [string, ScreenBarrier])[] => {
        const { name } = line.agent;
        const screen = screens.value.get(line.target.pane);
        const turn = screen === undefined ? null : turnBarrier(line, screen);
        const talker = resets ? lockOwner(talkLock(paths, name)) : null;
        if (talker !== null) return [[name, still(`${talker.purpose} (pid ${talker.pid}) is talking to it`)]];
        if (turn !== null) return [[name, { message: turn.message, turn: true }]];
        if (!resets) return [];
        const order = resetWord(line, null);
        const word = 'word' in order ? order.word : null;
        const seen = screen === undefined ? null : resetBarrier(line, screen, word);
        // A screen that is not what the profile says is ready would defer it for ever; ending its process is sure.
        return seen === null || seen.kind === 'starting' ? [] : [[name, still(seen.message)]];
      }),
    );
  };

const still = (message: string): ScreenBarrier => ({ message, turn: false });

/** The agent's own pane, as it was observed. */
function lineOf(
  { roster, observed: { tmux, files } }: World,
  { agent: name, target, live }: PlannedAction,
): Line | null {
  const agent = roster.agents.find((one) => one.name === name);
  const server = tmux.known ? tmux.value : null;
  if (agent === undefined || server === null || target?.pane == null || live === null) return null;
  const { session, pane } = target;
  const marks = server.sessions.find(({ id }) => id === session)?.marks;
  const profile = profileOfRunning(agent, files.get(name)?.applied?.started['runtime'] ?? null);
  return {
    ...{ agent, profile, socket: roster.socketName },
    target: { session, window: '', pane, pid: live.pid, server: server.pid },
    marks: marks ?? { unit: null, conversation: null },
  };
}
