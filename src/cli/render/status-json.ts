import type { UnknownSource } from '../../controller/action.js';
import { fleetConditions, withTransitions, type Condition } from '../../controller/conditions.js';
import { isPredecessors } from '../../controller/holder.js';
import type { World } from '../../controller/assess.js';
import type { ObservedSession } from '../../controller/observed.js';
import type { AgentStatus } from '../../controller/status.js';
import type { Paths } from '../../host/paths.js';
import type { FleetFigures } from '../../observers/figures.js';
import type { StatusRecord } from '../../observers/status-record.js';
import { endText } from './end-text.js';
import { formatVersion } from './plan-json.js';

export interface StatusInput {
  readonly world: World;
  readonly agents: readonly AgentStatus[];
  readonly figures: FleetFigures | null;
  readonly unknownSources: readonly UnknownSource[];
  readonly strangers: readonly ObservedSession[];
  /** What the controller has written down; null: there never was one. */
  readonly recorded: StatusRecord | null;
  /** Why the roster's file is not the roster in force, or null. */
  readonly rosterProblem: string | null;
  /** Pid of the controller that runs right now. */
  readonly controllerPid: number | null;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly paths: Paths;
}

export function statusJson({
  world,
  agents,
  figures,
  unknownSources,
  strangers,
  recorded,
  controllerPid,
  rosterProblem,
  paths,
}: StatusInput): object {
  const { units, tmux } = world.observed;
  const conditions = withTransitions(
    fleetConditions({ rosterProblem, unknownSources, agents }),
    recorded?.fleet ?? null,
    () => null,
  );
  return {
    formatVersion,
    roster: {
      path: paths.roster,
      revision: world.roster.revision,
      ...(rosterProblem === null ? {} : { problem: rosterProblem }),
    },
    controller: {
      running: controllerPid !== null,
      pid: controllerPid,
      observedRevision: controllerPid === null ? null : (recorded?.observedRevision ?? null),
    },
    holder: {
      active: units.known ? units.value.holder?.active === 'active' : null,
      pid: figures?.holderPid ?? null,
      predecessor: isPredecessors(world),
      serverPid: tmux.known ? (tmux.value?.pid ?? null) : null,
    },
    conditions: conditions.map(conditionJson),
    unknown: unknownSources,
    foreign: strangers.map(({ name }) => name),
    agents: agents.map((agent) => agentJson(agent, figures)),
  };
}

function agentJson(agent: AgentStatus, figures: FleetFigures | null): object {
  const { hold, end, conditions, startedAt, lastOutputAt, conversation, ...plain } = agent;
  const shown = figures?.agents.get(agent.name);
  return {
    ...plain,
    startedAt: iso(startedAt),
    lastOutputAt: iso(lastOutputAt),
    memoryBytes: shown?.memoryBytes ?? null,
    cpuSeconds: shown?.cpuSeconds ?? null,
    tasks: shown?.tasks ?? null,
    conversation: conversationJson(conversation),
    lastEnd:
      end === null
        ? null
        : {
            reason: end.reason,
            status: end.status,
            signal: end.signal,
            message: endText(end),
            at: iso(end.at * 1000),
          },
    hold: hold === null ? null : { ...hold, since: iso(hold.since), until: iso(hold.until) },
    conditions: conditions.map(conditionJson),
  };
}

/** null: none, or one whose id is not known. */
function conversationJson(conversation: AgentStatus['conversation']): object | null {
  if (conversation?.kind !== 'known') return null;
  const { id, createdAt, resumed, bytes, changedAt, holds } = conversation;
  return {
    ...{ id, startedAt: iso(createdAt), resumed: resumed !== null, holds, bytes, writtenAt: iso(changedAt) },
    ...(resumed === null ? {} : { resumedAt: iso(resumed.at), resumedBy: resumed.how }),
  };
}

const conditionJson = (condition: Condition): object => ({
  ...condition,
  lastTransitionTime: iso(condition.lastTransitionTime),
});

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
