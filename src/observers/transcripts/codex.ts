import { fileOf, threadsIn } from '../codex-threads.js';
import { rootIn } from '../process-facts.js';
import {
  contentText,
  isRecord,
  listDirectories,
  listEach,
  listFiles,
  saidOnce,
  type Listing,
} from './lines.js';
import type { LineTranscript } from './transcript.js';

/**
 * codex 0.169: `sessions/YEAR/MONTH/DAY/rollout-<time>-<id>.jsonl`, there from the first message on. Its own id is that of the
 * lock file some process of the pane's tree holds open. `history.jsonl` proves nothing: a draft that was cleared is in it.
 */
export const codex: LineTranscript = {
  files: ({ environment, openFiles }) => {
    const root = rootIn(environment, 'CODEX_HOME', '.codex');
    const days = latest(latest(latest({ paths: [`${root}/sessions`], unread: false })));
    const { paths, unread } = listEach(days, (day) => listFiles(day, '.jsonl'));
    const threads = threadsIn(openFiles);
    if (threads.length === 0) return { paths, unread, own: false, late: true };
    const own = threads.flatMap((thread) => fileOf(thread) ?? []);
    return { paths: own, unread: unread && own.length < threads.length, own: true, late: true };
  },
  // Aborted by its human.
  turn: ({ payload }) => {
    if (!isRecord(payload)) return null;
    switch (payload['type']) {
      case 'task_started':
      case 'turn_started':
        return 'open';
      case 'task_complete':
      case 'turn_complete':
      case 'turn_aborted':
        return 'over';
      case 'message':
        return payload['role'] === 'user' ? 'open' : null;
      default:
        return null;
    }
  },
  said: (entry) => {
    const payload = entry['payload'];
    if (!isRecord(payload)) return [];
    const item = payload['item'];
    if (isRecord(item) && item['type'] === 'UserMessage') return saidOnce(contentText(item['content']));
    return payload['type'] === 'message' && payload['role'] === 'user'
      ? saidOnce(contentText(payload['content']))
      : [];
  },
};

/** The newest of the directories below, which are named by numbers: two, since a day ends. */
const latest = (directories: Listing): Listing => {
  const { paths, unread } = listEach(directories, listDirectories);
  return { paths: paths.toSorted().slice(-2), unread };
};
