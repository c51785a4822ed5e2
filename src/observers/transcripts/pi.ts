import * as path from 'node:path';
import { optionOf, rootIn } from '../process-facts.js';
import { contentText, isRecord, listDirectories, listEach, listFiles, saidOnce } from './lines.js';
import type { LineTranscript } from './transcript.js';

/** pi 0.73: the file of `--session`, else one below `~/.pi/agent/sessions`. Absent before the first answer. */
export const pi: LineTranscript = {
  files: (facts) => {
    const { environment, directory } = facts;
    const named = optionOf(facts, '--session');
    if (named !== null)
      return { paths: [path.resolve(directory ?? '/', named)], own: true, late: true, unread: false };
    const root = rootIn(environment, 'PI_CODING_AGENT_DIR', '.pi/agent');
    const folders = listDirectories(`${root}/sessions`);
    return { ...listEach(folders, (folder) => listFiles(folder, '.jsonl')), own: false, late: true };
  },
  turn: ({ type, message }) => {
    if (type !== 'message' || !isRecord(message)) return null;
    // `aborted`: by its human.
    if (message['role'] === 'assistant')
      return message['stopReason'] === 'stop' || message['stopReason'] === 'aborted' ? 'over' : 'open';
    return message['role'] === 'user' || message['role'] === 'toolResult' ? 'open' : null;
  },
  said: (entry) => {
    const message = entry['message'];
    return entry['type'] === 'message' && isRecord(message) && message['role'] === 'user'
      ? saidOnce(contentText(message['content']))
      : [];
  },
};
