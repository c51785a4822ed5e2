import type { Observed } from '../controller/observed.js';
import type { EnvironmentOf } from '../observers/conversation-evidence.js';
import {
  isSought,
  observeConversations,
  soughtAgain,
  type ConversationMemory,
  type ConversationQuestion,
} from '../observers/conversations.js';
import { showManagerEnvironment } from '../observers/systemd.js';
import type { Context } from './context.js';

/**
 * Looks at conversations. The user manager is asked what it hands on, with a process of its own, only where an agent may be started
 * and its conversation is not found without that (decision 0032).
 *
 * @param mayStart whether anybody is about to start an agent that does not run; asked only where that matters
 * @returns `manager`: what it hands on; empty where nobody asked
 */
export async function lookAtConversations(
  { paths, exec }: Context,
  questions: readonly ConversationQuestion[],
  memory: ConversationMemory,
  mayStart: (agent: string) => boolean,
): Promise<{ readonly conversations: Observed['conversations']; readonly manager: EnvironmentOf }> {
  const seen = observeConversations(paths, questions, memory);
  const sought = questions.flatMap((question) => {
    const sight = seen.get(question.agent);
    if (sight === undefined || !isSought(question, sight)) return [];
    return question.running === null && !mayStart(question.agent) ? [] : [{ question, sight }];
  });
  if (sought.length === 0) return { conversations: seen, manager: {} };
  const manager = await showManagerEnvironment(exec);
  const found = sought.map(
    ({ question, sight }) => [question.agent, soughtAgain(question, sight, manager)] as const,
  );
  return { conversations: new Map([...seen, ...found]), manager: manager ?? {} };
}
