import type { Desired } from '../controller/desired.js';
import type { AgentFiles, Marks, Observed, ObservedPane, ObservedSession } from '../controller/observed.js';
import { isOurs } from '../controller/situation.js';
import type { EnvironmentOf } from '../observers/conversation-evidence.js';
import type { ConversationQuestion } from '../observers/conversations.js';
import { profileOf, type RuntimeProfile } from '../roster/profile.js';
import { BUILT_IN } from '../roster/profiles.js';
import { agentEnvironment } from './agent-environment.js';
import type { Context } from './context.js';

type Running = NonNullable<ConversationQuestion['running']>;

/** What a program prints so soon after its start is its own greeting. tmux counts whole seconds. */
const comingUpSeconds = 2;

interface Seen {
  readonly desired: ReadonlyMap<string, Desired>;
  readonly files: ReadonlyMap<string, AgentFiles>;
  readonly tmux: Observed['tmux'];
  /** What agents inherit, by what their user manager hands on. */
  readonly inherited: (manager: EnvironmentOf) => EnvironmentOf;
  /** What every agent's end would cost is asked, not only theirs who differ from the roster. */
  readonly endsAsked: boolean;
}

/** Whose conversations a look has to look at: everybody's in the roster, and theirs who run without being in it. */
export function conversationQuestions(context: Context, seen: Seen): readonly ConversationQuestion[] {
  const { desired, files, inherited } = seen;
  const running = runningAgents(context.paths.home, seen);
  return [...files].map(([agent, { applied }]): ConversationQuestion => {
    const wanted = desired.get(agent);
    const runs = running.get(agent) ?? null;
    const started = applied?.started['runtime'] ?? null;
    // What runs stays what it was started as, whatever the roster says by now.
    const runtime = (runs === null ? wanted?.spec.runtime : started) ?? wanted?.spec.runtime ?? started ?? '';
    const profileFor = (name: string): RuntimeProfile | undefined =>
      name === wanted?.spec.runtime ? profileOf(wanted.spec) : BUILT_IN.get(name);
    const profile = profileFor(runtime);
    const own = wanted?.kind === 'resolved' ? wanted.effective.env : {};
    return {
      ...{ agent, runtime },
      shape: profile?.conversation ?? null,
      placeOf: (name) => profileFor(name)?.conversation?.evidence ?? null,
      transcript: profile?.transcript ?? 'none',
      environment: (manager) => agentEnvironment(context, inherited(manager), own),
      running: runs,
    };
  });
}

function runningAgents(home: string, { tmux, desired, endsAsked }: Seen): ReadonlyMap<string, Running> {
  const sessions = tmux.known ? (tmux.value?.sessions ?? []) : [];
  return new Map(
    sessions.flatMap((session): readonly (readonly [string, Running])[] => {
      const { agent, unit, conversation } = session.marks;
      const pane = ownPane(session);
      if (agent === null || pane === null || !isOurs(session.marks, home)) return [];
      const inDoubt = endsAsked || differs(session.marks, desired.get(agent));
      const printedNothing = pane.lastOutputAt <= session.createdAt + comingUpSeconds;
      const { pid, lastOutputAt } = pane;
      return [[agent, { pid, unit, conversation, inDoubt, printedNothing, lastOutputAt }]];
    }),
  );
}

const differs = ({ spec, context }: Marks, wanted: Desired | undefined): boolean =>
  wanted?.kind !== 'resolved' || wanted.specHash !== spec || wanted.contextHash !== context;

const ownPane = ({ marks, panes }: ObservedSession): ObservedPane | null =>
  panes.find(({ id, dead }) => id === marks.pane && !dead) ?? null;
