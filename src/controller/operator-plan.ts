import type { OperatorCommand, Plan, PlannedAction, Reason, UnknownAgent } from './action.js';
import { idleAfterOf, liveness } from './activity.js';
import { assess, type Assessment, type World } from './assess.js';
import { compare } from './compare.js';
import { isAtStake, type ConversationOutlook } from './continuation.js';
import { costOf } from './cost.js';
import { conversationGate, holdOn } from './gate.js';
import { outlookOf } from './outlook.js';
import { observedRevision } from './revision.js';
import { summarize } from './summary.js';

/**
 * The plan behind `stop`, `restart` and a reset by restart: the operator's own word, which lifts deferral, approval and brake. What cannot
 * be seen is still not acted upon, and what is not ours still not touched.
 *
 * @param names null: the whole fleet, agents that left the roster included where they are stopped
 */
export function operatorPlan(
  world: World,
  command: OperatorCommand,
  names: readonly string[] | null,
  now: number,
): Plan {
  const verb = command === 'stop' ? 'stop' : 'restart';
  const { agents, unknownSources } = assess(world);
  const chosen = agents.filter(({ agent, desired, owned }) =>
    names === null ? desired !== null || (verb === 'stop' && owned) : names.includes(agent),
  );
  const unknownAgents = chosen.flatMap(({ agent, situation }): readonly UnknownAgent[] =>
    situation.kind === 'unknown' ? [{ agent, message: situation.message }] : [],
  );
  const actions = chosen
    .flatMap((assessment) => actionFor(assessment, world, command, now) ?? [])
    // A restart of the whole fleet restarts what runs; whoever names an agent wants it up. What the roster wants stopped is
    // not begun anew for one pass.
    .filter(
      ({ action, agent }) =>
        verb === 'stop' ||
        (world.desired.get(agent)?.spec.suspend === false && (action !== 'start' || names !== null)),
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
  assessment: Assessment,
  world: World,
  command: OperatorCommand,
  now: number,
): PlannedAction | null {
  const { agent, desired, situation, nameTaken, files } = assessment;
  const verb = command === 'stop' ? 'stop' : 'restart';
  const reasons: readonly Reason[] = [{ code: 'OperatorWord', command }];
  const fresh = command !== 'stop' && command !== 'restart';
  const conversation = outlookOf(assessment, world, fresh ? 'fresh' : null);
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
    conversation,
  } as const;
  const gate =
    verb === 'restart'
      ? restartGate(agent, desired, nameTaken, world, { now, conversation })
      : ({ kind: 'ready' } as const);
  switch (situation.kind) {
    case 'unknown':
      return null;
    case 'foreign':
      return verb === 'stop'
        ? null
        : {
            ...blank,
            action: 'start',
            gate: { kind: 'blocked', code: 'ForeignSession', message: situation.message },
          };
    case 'stopped':
      return verb === 'stop' ? null : { ...blank, action: 'start', gate, reasons: [{ code: 'NotRunning' }] };
    case 'stopping':
    case 'starting':
    case 'exited':
    case 'hollow':
      return { ...blank, action: verb, gate };
    case 'unmarked':
    case 'live': {
      const live = liveness(situation.session, situation.pane, now, idleAfterOf(spec, files));
      const { marks, id } = situation.session;
      const lasting = { disposable: spec?.resetBetweenTasks ?? false, inRoster: spec !== null };
      const cost = costOf(verb, live, conversation, lasting);
      // To end a conversation takes the word that says so.
      const unsaid =
        command === 'restart' &&
        cost.kind === 'loses-conversation' &&
        !lasting.disposable &&
        isAtStake(conversation.now);
      return {
        ...blank,
        reasons: verb === 'restart' ? [...reasons, ...changesOf(assessment)] : reasons,
        action: verb,
        gate: unsaid && gate.kind === 'ready' ? { kind: 'needs-approval', why: 'unsaid' } : gate,
        live,
        target: { session: id, pane: situation.pane.id },
        applied: `${marks.spec ?? ''}/${marks.context ?? ''}`,
        cost,
      };
    }
  }
}

/** What else a restart brings: it starts the agent as the roster says now. */
function changesOf({ desired, situation, files }: Assessment): readonly Reason[] {
  if (desired?.kind !== 'resolved' || situation.kind !== 'live') return [];
  return compare(desired, situation.session.marks, files?.applied ?? null)?.reasons ?? [];
}

/** A hold is the operator's own earlier word and is only lifted by `release` or `start`. */
function restartGate(
  agent: string,
  desired: Assessment['desired'],
  nameTaken: string | null,
  world: World,
  { now, conversation }: { readonly now: number; readonly conversation: ConversationOutlook },
): PlannedAction['gate'] {
  const { memory } = world.observed;
  const held = memory.known ? holdOn(agent, memory.value, now) : null;
  if (held !== null) return { kind: 'held', ...held };
  if (desired?.kind === 'unresolved')
    return { kind: 'blocked', code: 'InvalidEnvironment', message: desired.message };
  if (nameTaken !== null) return { kind: 'blocked', code: 'ForeignSession', message: nameTaken };
  const barred = conversationGate(conversation);
  if (barred !== null) return barred;
  const obstacle = world.observed.obstacles.get(agent);
  return obstacle === undefined
    ? { kind: 'ready' }
    : { kind: 'blocked', code: 'CannotLaunch', message: obstacle };
}
