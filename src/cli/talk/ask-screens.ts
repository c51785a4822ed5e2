import type { PlannedAction } from '../../controller/action.js';
import type { World } from '../../controller/assess.js';
import type { PaneTarget, Screen } from '../../controller/screen.js';
import type { AskScreens, ScreenBarrier } from '../../controller/screen-gates.js';
import { lockOwner } from '../../host/lock.js';
import { talkLock } from '../../host/paths.js';
import { lookAt } from '../../observers/screens.js';
import { profileOfRunning, signsOfDeparted, type ActivitySigns } from '../../roster/profile.js';
import type { Context } from '../context.js';
import type { Line } from './line.js';
import { humanHasOpened, resetBarrier, resetWord, turnBarrier } from './reset.js';

/** Whom an action is about: its pane, and by what it is seen at work. */
interface Asked {
  readonly agent: string;
  readonly target: PaneTarget;
  readonly signs: ActivitySigns;
  /** null: it has left the roster; only what it costs is told. */
  readonly line: Line | null;
  readonly isReset: boolean;
}

/** What the screens of agents forbid that are to be ended, or reset: one tmux call for twenty of them. */
export const askScreens =
  (context: Context, world: World): AskScreens =>
  async (actions) => {
    const asked = actions.flatMap((action) => askedAbout(world, action) ?? []);
    const targets = asked.map(({ target }) => target);
    const screens = await lookAt(context.exec, world.roster.socketName, targets);
    if (!screens.known)
      return new Map(
        actions.map(({ agent }) => [agent, still(`its screen cannot be seen: ${screens.message}`)]),
      );
    return new Map(
      asked.flatMap((one): readonly (readonly [string, ScreenBarrier])[] => {
        const found = barrierOf(context, one, screens.value.get(one.target.pane));
        return found === null ? [] : [[one.agent, found]];
      }),
    );
  };

function barrierOf(
  { paths }: Context,
  { agent, signs, line, isReset }: Asked,
  screen: Screen | undefined,
): ScreenBarrier | null {
  const talker = isReset ? lockOwner(talkLock(paths, agent)) : null;
  if (talker !== null) return still(`${talker.purpose} (pid ${talker.pid}) is talking to it`);
  if (screen === undefined) return null;
  const turn = turnBarrier(agent, signs, screen);
  if (turn !== null) return { message: turn.message, turn: true };
  if (line === null) return null;
  const order = resetWord(line, null);
  // That word is nobody's draft (`stands` in reset.ts), whatever ends its process.
  const seen = resetBarrier(line, screen, 'word' in order ? order.word : null);
  // A screen that is not what the profile says is ready would defer it for ever; ending its process is sure.
  if (seen === null || seen.kind === 'starting') return null;
  // What a human has opened would take what a reset types; with a restart what he has begun there is lost.
  return still(isReset || seen.reason === 'Draft' ? seen.message : humanHasOpened);
}

const still = (message: string): ScreenBarrier => ({ message, turn: false });

/** The agent's own pane, as it was observed. */
function askedAbout(
  { roster, observed: { tmux, files } }: World,
  { action, agent: name, target: at, live }: PlannedAction,
): Asked | null {
  const agent = roster.agents.find((one) => one.name === name);
  const server = tmux.known ? tmux.value : null;
  if (server === null || at?.pane == null || live === null) return null;
  const { session, pane } = at;
  const target = { session, window: '', pane, pid: live.pid, server: server.pid };
  const applied = files.get(name)?.applied ?? null;
  const started = applied?.started['runtime'] ?? null;
  if (agent === undefined) {
    if (applied === null || started === null) return null;
    return {
      agent: name,
      target,
      signs: signsOfDeparted(applied.applied, started),
      line: null,
      isReset: false,
    };
  }
  const marks = server.sessions.find(({ id }) => id === session)?.marks;
  const profile = profileOfRunning(agent, started);
  const line = {
    ...{ agent, profile, target, socket: roster.socketName },
    marks: marks ?? { unit: null, conversation: null },
  };
  return { agent: name, target, signs: profile, line, isReset: action === 'reset' };
}
