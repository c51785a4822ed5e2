import { setTimeout as delay } from 'node:timers/promises';
import { assess } from '../../controller/assess.js';
import { holdOn } from '../../controller/gate.js';
import type { DeliveryResult } from '../../controller/delivery.js';
import type { PaneTarget, Screen } from '../../controller/screen.js';
import type { Situation } from '../../controller/situation.js';
import type { MarkedPane } from '../../observers/screen-output.js';
import { startedRuntime } from '../../observers/agent-files.js';
import { findAndLook } from '../../observers/screens.js';
import { profileOfRunning, type RuntimeProfile } from '../../roster/profile.js';
import type { AgentSpec, Roster } from '../../roster/types.js';
import { visible } from '../../roster/visible.js';
import type { Context } from '../context.js';
import { CommandFailure, ExitCode } from '../exit-code.js';
import { observe } from '../pass.js';

/** An agent that can be talked to: its own pane, and how its runtime is talked to. */
export interface Line {
  readonly agent: AgentSpec;
  readonly profile: RuntimeProfile;
  readonly socket: string;
  readonly target: PaneTarget;
  /** Of which start its session is, and what it was started in. */
  readonly marks: Pick<MarkedPane, 'unit' | 'conversation'>;
  /** What it showed when it was found, once, and only for a moment; null: look again. */
  readonly glance?: () => Screen | null;
}

export type Opened =
  | { readonly kind: 'open'; readonly line: Line }
  | {
      readonly kind: 'closed';
      readonly result: DeliveryResult;
      /** tmux or systemd did not answer: nobody knows how the agent is. */
      readonly unseen?: true;
    };

const retryMs = 200;
/** So long what was seen along with the panes counts as seen right now. */
const glanceMs = 30;

/**
 * The agent's own pane, by its marks. One tmux call where it is there; where it is not, the host is observed for the
 * reason, and an agent that is just starting is waited for.
 */
export async function openLine(
  context: Context,
  roster: Roster,
  agent: AgentSpec,
  patienceMs: number,
): Promise<Opened> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const seen = await findAndLook(context.exec, roster.socketName, agent.name, agent.session);
    if (!seen.known) return unseen(seen.message);
    const found = seen.value?.panes.find(
      (pane) => pane.agent === agent.name && pane.home === context.paths.home,
    );
    if (found !== undefined) {
      const glance = onceWithin(glanceMs, seen.value?.screens.get(found.pane) ?? null);
      return { kind: 'open', line: { ...lineTo(context, roster, agent, found), glance } };
    }
    const how = await situationOf(context, roster, agent);
    if (typeof how === 'string') return unseen(how);
    const { situation, why } = how;
    const late = performance.now() >= deadline || context.interrupted();
    if (late || !isOnItsWay(situation)) return { kind: 'closed', result: closedBy(situation, why) };
    await delay(retryMs);
  }
}

const unseen = (message: string): Opened => ({
  ...{ kind: 'closed', unseen: true },
  result: { status: 'refused', reason: 'NotReady', message },
});

/**
 * For a command that is about this agent alone.
 *
 * @param consequence said first, such as what was not done
 * @throws CommandFailure 69 where tmux or systemd did not answer
 */
export function requireSeen(opened: Opened, consequence = ''): Opened {
  if (opened.kind === 'open' || opened.unseen !== true) return opened;
  throw new CommandFailure(ExitCode.unavailable, `${consequence}${opened.result.message}`);
}

export function lineTo(
  { paths }: Context,
  { socketName }: Roster,
  agent: AgentSpec,
  found: MarkedPane,
): Line {
  const { session, window, pane, pid, server, unit, conversation } = found;
  const target = { session, window, pane, pid, server };
  const profile = profileOfRunning(agent, startedRuntime(paths, agent.name));
  return { agent, profile, socket: socketName, target, marks: { unit, conversation } };
}

/** @returns gives it once, and not later than so many milliseconds from now */
function onceWithin(ms: number, screen: Screen | null): () => Screen | null {
  const until = performance.now() + ms;
  let left = screen;
  return () => {
    const given = performance.now() <= until ? left : null;
    left = null;
    return given;
  };
}

/** How the agent is; `why` it does not run, where somebody wanted it so. Or who did not answer. */
async function situationOf(
  context: Context,
  roster: Roster,
  { name, suspend }: AgentSpec,
): Promise<{ readonly situation: Situation; readonly why: string } | string> {
  const { world } = await observe(context, { roster });
  const { agents, unknownSources } = assess(world);
  const [unknown] = unknownSources;
  if (unknown !== undefined) return `${unknown.source}: ${visible(unknown.message)}`;
  const { memory } = world.observed;
  const hold = memory.known ? (holdOn(name, memory.value, context.now())?.hold.by ?? null) : null;
  const why = suspend
    ? 'it is suspended in the roster; take suspend out of it first'
    : hold === 'stop'
      ? `the operator stopped it; start it with: fleet start ${name}`
      : hold === 'hold'
        ? `it does not run and is held; start it with: fleet start ${name}`
        : `it does not run; start it with: fleet start ${name}`;
  const situation = agents.find(({ agent }) => agent === name)?.situation;
  return { situation: situation ?? { kind: 'stopped', failed: false }, why };
}

const isOnItsWay = ({ kind }: Situation): boolean => kind === 'starting' || kind === 'live';

/** Why nobody can be talked to. */
function closedBy(situation: Situation, why: string): DeliveryResult {
  const refused = (reason: DeliveryResult['reason'], message: string): DeliveryResult => ({
    ...{ status: 'refused', reason, message },
  });
  switch (situation.kind) {
    case 'stopped':
    case 'hollow':
    case 'exited':
    case 'stopping':
      return refused('Dead', why);
    case 'starting':
    case 'live':
      return refused('NotReady', 'it is still starting');
    case 'foreign':
      return refused('Foreign', visible(situation.message));
    case 'unmarked':
      return refused('Foreign', 'its session carries no marks of fleet; adopt it with: fleet apply');
    case 'unknown':
      // Nor does that pass: who tries again tries for ever.
      if (situation.foreign !== undefined) return refused('Foreign', visible(situation.message));
      return refused('NotReady', `it cannot be told how it is: ${visible(situation.message)}`);
  }
}
