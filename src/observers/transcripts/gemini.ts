import { optionOf, rootIn } from '../process-facts.js';
import { contentText, isRecord, listDirectories, listEach, listFiles, saidOnce } from './lines.js';
import type { LineTranscript } from './transcript.js';

/**
 * gemini 0.61: `~/.gemini/tmp/<project>/chats/session-*-<first 8 of the id>.jsonl`, written when a turn begins. The name of
 * the project is gemini's own, and a resume may add a second file.
 */
export const gemini: LineTranscript = {
  files: (facts) => {
    const root = `${rootIn(facts.environment, 'GEMINI_CLI_HOME', '')}/.gemini/tmp`;
    const { paths, unread } = listEach(listDirectories(root), (project) =>
      listFiles(`${project}/chats`, '.jsonl'),
    );
    const id = optionOf(facts, '--session-id', '--resume')?.slice(0, 8) ?? null;
    const named = id === null ? [] : paths.filter((file) => file.endsWith(`-${id}.jsonl`));
    return { paths: [...new Set([...named, ...paths])], own: false, late: false, unread };
  },
  turn: ({ type, content, toolCalls }) => {
    switch (type) {
      case 'user':
        // What its tools gave goes on with the record of the calls, which stands before it.
        return isToolResult(content) ? null : 'open';
      case 'gemini':
        // Calls are written down when they are done; until then there is an answer without a word.
        if (Array.isArray(toolCalls) && toolCalls.length > 0)
          return toolCalls.every(wasCancelled) ? 'over' : 'open';
        return content === '' ? 'open' : 'over';
      case 'info':
        return content === 'Request cancelled.' ? 'over' : null;
      default:
        return null;
    }
  },
  said: (entry) => (entry['type'] === 'user' ? saidOnce(contentText(entry['content'])) : []),
};

const isToolResult = (content: unknown): boolean =>
  Array.isArray(content) && content.some((part) => isRecord(part) && 'functionResponse' in part);

/** Its human stopped it, or refused it: where all were, gemini says nothing more. */
const wasCancelled = (call: unknown): boolean => isRecord(call) && call['status'] === 'cancelled';
