import { screenState, type Activity, type Screen, type ScreenState } from '../../controller/screen.js';
import { findPanes, lookAt } from '../../observers/screens.js';
import type { AgentSpec, Roster } from '../../roster/types.js';
import type { Context } from '../context.js';
import { lineTo, type Line } from './line.js';

/** What an agent's screen shows now. */
export interface Sight {
  readonly screen: Screen;
  readonly state: ScreenState;
}

/** What these agents' screens say they are doing; who is not in the answer could not be seen. */
export async function activitiesOf(
  context: Context,
  roster: Roster,
  agents: readonly AgentSpec[],
): Promise<ReadonlyMap<string, Activity>> {
  const seen = await sightsOf(context, roster, agents);
  return new Map([...seen].map(([name, { state }]) => [name, state.activity]));
}

/** These agents' screens, in two tmux calls however many they are. Who is not in the answer could not be seen. */
export async function sightsOf(
  context: Context,
  roster: Roster,
  agents: readonly AgentSpec[],
): Promise<ReadonlyMap<string, Sight>> {
  if (agents.length === 0) return new Map();
  const { exec, paths } = context;
  const panes = await findPanes(exec, roster.socketName);
  const marked = panes.known ? (panes.value ?? []) : [];
  const lines = agents.flatMap((agent): readonly Line[] => {
    const found = marked.find((pane) => pane.agent === agent.name && pane.home === paths.home);
    return found === undefined ? [] : [lineTo(context, roster, agent, found)];
  });
  const screens = await lookAt(
    exec,
    roster.socketName,
    lines.map(({ target }) => target),
  );
  return new Map(
    lines.flatMap(({ agent, profile, target }) => {
      const screen = screens.known ? screens.value.get(target.pane) : undefined;
      return screen === undefined || screen.dead || screen.pid !== target.pid
        ? []
        : [[agent.name, { screen, state: screenState(profile, screen) }]];
    }),
  );
}
