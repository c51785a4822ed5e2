import type { Plan, PlannedAction, Reason, UnknownAgent } from './action.js';
import { defaultIdleAfterMs, liveness } from './activity.js';
import { assess, type Assessment, type World } from './assess.js';
import { costOf } from './cost.js';
import { holdOn } from './gate.js';
import { observedRevision } from './revision.js';
import { summarize } from './summary.js';

/**
 * The plan behind `stop` and `restart`: the operator's own word, which lifts deferral, approval and brake. What cannot
 * be seen is still not acted upon, and what is not ours still not touched.
 *
 * @param names null: the whole fleet, agents that left the roster included where they are stopped
 */
export function operatorPlan(
  world: World,
  command: 'stop' | 'restart',
  names: readonly string[] | null,
  now: number,
): Plan {
  const { agents, unknownSources } = assess(world);
  const chosen = agents.filter(({ agent, desired, owned }) =>
    names === null ? desired !== null || (command === 'stop' && owned) : names.includes(agent),
  );
  const unknownAgents = chosen.flatMap(({ agent, situation }): readonly UnknownAgent[] =>
    situation.kind === 'unknown' ? [{ agent, message: situation.message }] : [],
  );
  const actions = chosen
    .flatMap((assessment) => actionFor(assessment, world, command, now) ?? [])
    // A restart of the whole fleet restarts what runs; whoever names an agent wants it up.
    .filter(
      ({ action, agent }) =>
        action !== 'start' || (names !== null && world.desired.get(agent)?.spec.suspend === false),
    );
  return {
    rosterRevision: world.roster.revision,
    observedRevision: observedRevision(world.observed),
    unknownSources,
    actions,
    unknownAgents,
    notes: [],
    summary: summarize(actions, unknownAgents, chosen.length - actions.length - unknownAgents.length),
  };
}

function actionFor(
  { agent, desired, situation, nameTaken, files }: Assessment,
  world: World,
  command: 'stop' | 'restart',
  now: number,
): PlannedAction | null {
  const reasons: readonly Reason[] = [{ code: 'OperatorWord', command }];
  const spec = desired?.spec ?? null;
  const wanted = desired?.kind === 'resolved' ? `${desired.specHash}/${desired.contextHash}` : '';
  const blank = {
    agent,
    reasons,
    live: null,
    target: null,
    applied: '',
    desired: wanted,
    cost: { kind: 'none' },
  } as const;
  const gate =
    command === 'restart' ? restartGate(agent, desired, nameTaken, world, now) : ({ kind: 'ready' } as const);
  switch (situation.kind) {
    case 'unknown':
      return null;
    case 'foreign':
      return command === 'stop'
        ? null
        : {
            ...blank,
            action: 'start',
            gate: { kind: 'blocked', code: 'ForeignSession', message: situation.message },
          };
    case 'stopped':
      return command === 'stop'
        ? null
        : { ...blank, action: 'start', gate, reasons: [{ code: 'NotRunning' }] };
    case 'stopping':
    case 'starting':
    case 'exited':
    case 'hollow':
      return { ...blank, action: command, gate };
    case 'unmarked':
    case 'live': {
      const live = liveness(situation.session, situation.pane, now, spec?.idleAfterMs ?? defaultIdleAfterMs);
      const { marks, id } = situation.session;
      const runtime = files?.applied?.started['runtime'] ?? spec?.runtime ?? null;
      return {
        ...blank,
        action: command,
        gate,
        live,
        target: { session: id, pane: situation.pane.id },
        applied: `${marks.spec ?? ''}/${marks.context ?? ''}`,
        cost: costOf(command, live, runtime, spec?.resetBetweenTasks ?? false),
      };
    }
  }
}

/** A hold is the operator's own earlier word and is only lifted by `release` or `start`. */
function restartGate(
  agent: string,
  desired: Assessment['desired'],
  nameTaken: string | null,
  world: World,
  now: number,
): PlannedAction['gate'] {
  const { memory } = world.observed;
  const held = memory.known ? holdOn(agent, memory.value, now) : null;
  if (held !== null) return { kind: 'held', ...held };
  if (desired?.kind === 'unresolved')
    return { kind: 'blocked', code: 'InvalidEnvironment', message: desired.message };
  if (nameTaken !== null) return { kind: 'blocked', code: 'ForeignSession', message: nameTaken };
  const obstacle = world.observed.obstacles.get(agent);
  return obstacle === undefined
    ? { kind: 'ready' }
    : { kind: 'blocked', code: 'CannotLaunch', message: obstacle };
}
