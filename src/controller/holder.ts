import type { Cost, PlannedAction } from './action.js';
import type { Assessed, Assessment, World } from './assess.js';
import { holdOn } from './gate.js';
import type { Approval, Memory } from './observed.js';

export type HolderGate =
  | { readonly kind: 'ready' }
  | { readonly kind: 'needs-approval' }
  /** What has to be out of the way first. */
  | { readonly kind: 'blocked'; readonly message: string };

/**
 * The tmux server was started by the predecessor's oneshot unit: it is nobody's main process, and nothing restarts it.
 * To replace it ends every session on it, so that is done on approval alone, by the holder session's name, which no agent
 * can have.
 */
export interface HolderReplacement {
  readonly session: string;
  readonly serverPid: number;
  readonly gate: HolderGate;
  /** What it costs each agent that runs on the server; sorted by agent. */
  readonly costs: readonly { readonly agent: string; readonly cost: Cost }[];
}

/** Whether an agent was adopted: its processes are not in a unit of its own before its next restart. */
export const isAdopted = ({ situation }: Pick<Assessment, 'situation'>): boolean =>
  situation.kind === 'unmarked' || (situation.kind === 'live' && situation.session.marks.unit === null);

/** Used once, and void as soon as another server runs. */
export const holderApproval = ({
  session,
  serverPid,
}: Pick<HolderReplacement, 'session' | 'serverPid'>): Approval & { readonly kind: 'agent' } => ({
  kind: 'agent',
  agent: session,
  action: 'restart',
  applied: `server ${serverPid}`,
  desired: '',
});

/** Whether the holder is the predecessor's: only its oneshot unit is active without a process of its own. */
export const isPredecessors = ({ observed: { units } }: Pick<World, 'observed'>): boolean =>
  units.known && units.value.holder?.active === 'active' && units.value.holder.sub === 'exited';

export const runsOnServer = ({ situation }: Assessment): boolean =>
  situation.kind === 'live' || situation.kind === 'unmarked';

/**
 * @param restarts what the replacement does to each agent that runs, as {@link runsOnServer} says
 * @returns null where the holder is fleet's own, or there is none, or not enough is seen to tell
 */
export function holderReplacement(
  assessed: Assessed,
  world: World,
  memory: Memory,
  restarts: readonly PlannedAction[],
  now: number,
): HolderReplacement | null {
  const server = world.observed.tmux.known ? world.observed.tmux.value : null;
  if (server === null || assessed.unknownSources.length > 0 || !isPredecessors(world)) return null;
  const session = world.roster.holderSession;
  const blocked = obstacleOf(assessed, world, memory, now);
  const approval = holderApproval({ session, serverPid: server.pid });
  const isApproved = memory.approvals.some(
    (one) =>
      one.kind === 'agent' &&
      one.agent === approval.agent &&
      one.action === approval.action &&
      one.applied === approval.applied,
  );
  return {
    session,
    serverPid: server.pid,
    gate:
      blocked !== null
        ? { kind: 'blocked', message: blocked }
        : { kind: isApproved ? 'ready' : 'needs-approval' },
    costs: restarts.map(({ agent, cost }) => ({ agent, cost })),
  };
}

/** Everything that ends must be fleet's to end, and must come up again. */
function obstacleOf(
  { agents, strangers }: Assessed,
  { observed }: World,
  memory: Memory,
  now: number,
): string | null {
  if (strangers.length > 0) {
    return `sessions that fleet did not create live on its server: ${strangers.map(({ name }) => name).join(', ')}; end them first`;
  }
  for (const assessment of agents) {
    const { agent, situation, desired } = assessment;
    switch (situation.kind) {
      case 'unknown':
      case 'foreign':
        return situation.message;
      case 'starting':
      case 'stopping':
        return `${agent} is ${situation.kind}; wait until that has ended`;
      case 'stopped':
      case 'exited':
      case 'hollow':
        break;
      case 'live':
      case 'unmarked':
        if (holdOn(agent, memory, now) !== null) return `${agent} is held; fleet release ${agent} first`;
        if (desired === null || desired.spec.suspend) break;
        if (desired.kind === 'unresolved') return `${agent} could not be started again: ${desired.message}`;
        if (observed.obstacles.has(agent))
          return `${agent} could not be started again: ${observed.obstacles.get(agent) ?? ''}`;
    }
  }
  return null;
}
