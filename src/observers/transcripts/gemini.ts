import { optionOf } from '../process-facts.js';
import { contentText, listDirectories, listEach, listFiles, saidOnce } from './lines.js';
import type { LineTranscript } from './transcript.js';

/**
 * gemini 0.61: `~/.gemini/tmp/<project>/chats/session-*-<first 8 of the id>.jsonl`, written when a turn begins. The name of
 * the project is gemini's own, and a resume may add a second file.
 */
export const gemini: LineTranscript = {
  files: (facts) => {
    const root = `${facts.environment['GEMINI_CLI_HOME'] ?? facts.environment['HOME'] ?? ''}/.gemini/tmp`;
    const { paths, unread } = listEach(listDirectories(root), (project) =>
      listFiles(`${project}/chats`, '.jsonl'),
    );
    const id = optionOf(facts, '--session-id', '--resume')?.slice(0, 8) ?? null;
    const named = id === null ? [] : paths.filter((file) => file.endsWith(`-${id}.jsonl`));
    return { paths: [...new Set([...named, ...paths])], own: false, late: false, unread };
  },
  turn: ({ type }) => (type === 'user' ? 'open' : type === 'gemini' ? 'over' : null),
  said: (entry) => (entry['type'] === 'user' ? saidOnce(contentText(entry['content'])) : []),
};
