import type { World } from '../controller/assess.js';
import type { Desired } from '../controller/desired.js';
import type { AgentFiles, Observed, ObservedSession } from '../controller/observed.js';
import { isOurs } from '../controller/situation.js';
import type { ConversationQuestion } from '../observers/conversations.js';
import { profileOf } from '../roster/profile.js';
import { BUILT_IN } from '../roster/profiles.js';
import type { Context } from './context.js';

type Running = NonNullable<ConversationQuestion['running']>;

/** Whose conversations a look has to look at: everybody's in the roster, and theirs who run without being in it. */
export function conversationQuestions(
  { paths }: Context,
  desired: ReadonlyMap<string, Desired>,
  files: ReadonlyMap<string, AgentFiles>,
  tmux: Observed['tmux'],
  home: World['home'],
): readonly ConversationQuestion[] {
  const running = runningAgents(tmux, home);
  return [...files].map(([agent, { applied }]): ConversationQuestion => {
    const wanted = desired.get(agent);
    const runtime = applied?.started['runtime'];
    const profile = wanted === undefined ? BUILT_IN.get(runtime ?? '') : profileOf(wanted.spec);
    const own = wanted?.kind === 'resolved' ? wanted.effective.env : {};
    return {
      agent,
      shape: profile?.conversation ?? null,
      transcript: profile?.transcript ?? 'none',
      environment: { HOME: paths.userHome, ...own },
      running: running.get(agent) ?? null,
    };
  });
}

function runningAgents(tmux: Observed['tmux'], home: string): ReadonlyMap<string, Running> {
  const sessions = tmux.known ? (tmux.value?.sessions ?? []) : [];
  return new Map(
    sessions.flatMap((session): readonly (readonly [string, Running])[] => {
      const { agent, unit, conversation } = session.marks;
      const pid = ownPid(session);
      if (agent === null || pid === null || !isOurs(session.marks, home)) return [];
      return [[agent, { pid, unit, conversation }]];
    }),
  );
}

const ownPid = ({ marks, panes }: ObservedSession): number | null =>
  panes.find(({ id, dead }) => id === marks.pane && !dead)?.pid ?? null;
