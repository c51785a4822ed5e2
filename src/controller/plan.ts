import type { ActionKind, Note, Plan, PlannedAction, Reason, UnknownAgent } from './action.js';
import { idleAfterOf, liveness } from './activity.js';
import { assess, toldWithAgents, type Assessment, type World } from './assess.js';
import { brake } from './brake.js';
import { compare } from './compare.js';
import { costOf } from './cost.js';
import type { Desired } from './desired.js';
import { gateOf, type GateQuestion, type Lasting, type Words } from './gate.js';
import { ignoredTexts } from './ignored-lines.js';
import type { AgentFiles, Memory } from './observed.js';
import { freshBy, outlookOf } from './outlook.js';
import { holderReplacement, isAdopted, runsOnServer } from './holder.js';
import { observedRevision } from './revision.js';
import { summarize } from './summary.js';

/**
 * The difference between the roster and the world, and what is to be done about it. The same function stands behind
 * `plan`, `apply` and the controller.
 *
 * @param now epoch milliseconds
 */
export function plan(world: World, words: Words, now: number): Plan {
  const assessed = assess(world);
  const { agents, strangers, unknownSources } = assessed;
  const memory = world.observed.memory.known ? world.observed.memory.value : noMemory;
  const decisions = agents.map((assessment) => decide(assessment, world, memory, words, now));
  const braked = brake(
    decisions.flatMap(({ action }) => action ?? []),
    new Set(
      agents.filter(({ situation, owned }) => situation.kind === 'live' && owned).map(({ agent }) => agent),
    ),
    world.roster,
    memory,
    words,
    { at: now, moment: world.observed.moment },
  );
  const ends = agents.filter(runsOnServer).map((assessment) => {
    const draft = endedWithHolder(assessment, decisions);
    const action = finish(draft, assessment, world, memory, words, now);
    return { ...action, gate: { kind: 'ready' } as const };
  });
  const holder = holderReplacement(assessed, world, memory, ends, now);
  // Approved by its name, with the cost of every agent: no gate of theirs stands before it any more.
  const actions = holder?.gate.kind === 'ready' ? merged(braked, ends) : braked;
  const told = toldWithAgents(agents);
  const unknownAgents = decisions.flatMap(({ unknown }) => unknown ?? []);
  const notes: Note[] = [
    ...decisions.flatMap(({ note }) => note ?? []),
    ...agents.filter((one) => one.desired !== null && isAdopted(one)).map(adoptedNote),
    ...agents.flatMap(({ agent, desired, files }) =>
      desired === null || files?.ignored === undefined ? [] : ignoredNotes(agent, files.ignored),
    ),
    ...strangers
      .filter(({ id, name }) => !told.has(id) && !decisions.some(({ note }) => note?.subject === name))
      .map(({ name }): Note => ({
        subject: name,
        code: 'ForeignSession',
        message: 'session was not created by fleet; left alone',
      })),
  ];
  return {
    rosterRevision: world.roster.revision,
    observedRevision: observedRevision(world.observed),
    unknownSources,
    actions,
    unknownAgents,
    notes,
    summary: summarize(
      actions,
      unknownAgents,
      decisions.filter(
        ({ unchanged }, index) =>
          unchanged === true && !actions.some(({ agent }) => agent === agents[index]?.agent),
      ).length,
    ),
    ...(holder === null ? {} : { holder }),
  };
}

const adoptedNote = ({ agent }: Assessment): Note => ({
  subject: agent,
  code: 'Adopted',
  message: 'was adopted; a unit of its own contains it from its next restart',
});

const ignoredNotes = (subject: string, ignored: NonNullable<AgentFiles['ignored']>): readonly Note[] =>
  ignoredTexts(ignored).map((message) => ({ subject, code: 'EnvironmentLineIgnored', message }));

/** What replacing the holder does to an agent, with what was due anyway: it starts as the roster says now. */
function endedWithHolder({ agent, desired }: Assessment, decisions: readonly Decision[]): Draft {
  const reasons = decisions.find(({ action }) => action?.agent === agent)?.action?.reasons ?? [];
  const action = desired === null || desired.spec.suspend ? 'stop' : 'restart';
  return { action, reasons: [...reasons, { code: 'HolderReplaced' }] };
}

function merged(
  actions: readonly PlannedAction[],
  instead: readonly PlannedAction[],
): readonly PlannedAction[] {
  const replaced = new Set(instead.map(({ agent }) => agent));
  return [...actions.filter(({ agent }) => !replaced.has(agent)), ...instead].toSorted((a, b) =>
    a.agent < b.agent ? -1 : 1,
  );
}

/** Only looked at where nothing is done anyway: unreadable state leaves every agent unknown. */
const noMemory: Memory = {
  holds: new Map(),
  fleetHold: null,
  approvals: [],
  recent: [],
  braked: null,
  failures: new Map(),
};

interface Decision {
  readonly action?: PlannedAction;
  readonly unknown?: UnknownAgent;
  readonly note?: Note;
  readonly unchanged?: true;
}

const failed = (agent: string, world: World): Reason => ({
  code: 'Failed',
  how: world.observed.ends.get(agent) ?? null,
});

type Draft = Pick<PlannedAction, 'action' | 'reasons'>;

function decide(assessment: Assessment, world: World, memory: Memory, words: Words, now: number): Decision {
  const { agent, desired, situation, owned } = assessment;
  const act = (draft: Draft): Decision => ({
    action: finish(draft, assessment, world, memory, words, now),
  });
  if (desired === null) {
    if (situation.kind === 'foreign') return {};
    if (!owned) {
      return {
        note: {
          subject: agent,
          code: 'ForeignUnit',
          message: 'unit was not started by this fleet; left alone',
        },
      };
    }
  }
  const wanted = desired !== null && !desired.spec.suspend;
  const unwanted: Reason = desired === null ? { code: 'NotInRoster' } : { code: 'Suspended' };
  switch (situation.kind) {
    case 'unknown':
      return { unknown: { agent, message: situation.message } };
    case 'foreign':
      return wanted ? act({ action: 'start', reasons: [{ code: 'NotRunning' }] }) : { unchanged: true };
    case 'unmarked':
      return wanted
        ? act({ action: 'adopt', reasons: [{ code: 'Unmarked' }] })
        : act({ action: 'stop', reasons: [unwanted] });
    case 'starting':
      return wanted
        ? { unchanged: true, note: { subject: agent, code: 'Starting', message: 'is starting' } }
        : act({ action: 'stop', reasons: [unwanted] });
    case 'stopping':
      return wanted ? act({ action: 'start', reasons: [{ code: 'NotRunning' }] }) : settled(desired);
    case 'stopped':
      return wanted
        ? act({
            action: 'start',
            reasons: [situation.failed ? failed(agent, world) : { code: 'NotRunning' }],
          })
        : settled(desired);
    case 'exited':
    case 'hollow':
      return wanted
        ? act({ action: 'restart', reasons: [{ code: 'ProcessExited' }] })
        : act({ action: 'stop', reasons: [unwanted] });
    case 'live': {
      if (desired === null || !wanted) return act({ action: 'stop', reasons: [unwanted] });
      if (desired.kind === 'unresolved') return { unknown: { agent, message: desired.message } };
      const change = compare(desired, situation.session.marks, assessment.files?.applied ?? null);
      return change === null ? { unchanged: true } : act(change);
    }
  }
}

/** Stopped, as wanted. An agent that is in no roster is no part of the fleet and is not counted. */
const settled = (desired: Desired | null): Decision => (desired === null ? {} : { unchanged: true });

function lastingOf({ desired, files }: Assessment): Lasting {
  if (desired !== null)
    return {
      disposable: desired.spec.resetBetweenTasks,
      immediate: desired.spec.disruption === 'immediate',
    };
  const last = files?.applied?.applied;
  return {
    disposable: last?.['reset_between_tasks'] === 'true',
    immediate: last?.['disruption'] === 'immediate',
  };
}

function finish(
  { action, reasons }: Draft,
  assessment: Assessment,
  world: World,
  memory: Memory,
  words: Words,
  now: number,
): PlannedAction {
  const { agent, desired, situation, nameTaken, files } = assessment;
  const spec = desired?.spec ?? null;
  const live =
    situation.kind === 'live' || situation.kind === 'unmarked'
      ? liveness(situation.session, situation.pane, now, idleAfterOf(spec, files))
      : null;
  const marks = 'session' in situation && situation.kind !== 'foreign' ? situation.session.marks : null;
  const applied = marks === null ? '' : `${marks.spec ?? ''}/${marks.context ?? ''}`;
  const wanted = desired?.kind === 'resolved' ? `${desired.specHash}/${desired.contextHash}` : '';
  const failure = memory.failures.get(agent);
  const sameSpec = desired?.kind === 'resolved' && failure?.spec === desired.specHash;
  const conversation = outlookOf(assessment, world, freshBy(action));
  const lasting = lastingOf(assessment);
  const inRoster = spec !== null;
  const cost = costOf(action, live, conversation, { disposable: lasting.disposable, inRoster });
  const question: GateQuestion = {
    ...{ agent, action, applied, desired: wanted, live, spec, lasting, nameTaken },
    rosterRevision: world.roster.revision,
    ...{ cost, conversation, end: world.observed.ends.get(agent) ?? null },
    obstacle: world.observed.obstacles.get(agent) ?? null,
    failure: failure !== undefined && sameSpec ? failure : null,
    moment: world.observed.moment,
  };
  const gate =
    situation.kind === 'foreign'
      ? ({ kind: 'blocked', code: 'ForeignSession', message: situation.message } as const)
      : desired?.kind === 'unresolved' && needsEnvironment(action)
        ? ({ kind: 'blocked', code: 'InvalidEnvironment', message: desired.message } as const)
        : gateOf(question, memory, words, now);
  const target =
    'session' in situation && situation.kind !== 'foreign'
      ? { session: situation.session.id, pane: 'pane' in situation ? situation.pane.id : null }
      : null;
  return {
    agent,
    action,
    gate,
    reasons,
    ...{ cost, conversation },
    live,
    target,
    applied,
    desired: wanted,
  };
}

const needsEnvironment = (action: ActionKind): boolean => action !== 'stop';
