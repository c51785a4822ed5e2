import { optionOf, rootIn } from '../process-facts.js';
import { contentText, isRecord, listFiles, saidOnce } from './lines.js';
import { sessionIn } from './session-record.js';
import type { LineTranscript } from './transcript.js';

/**
 * claude 2.1: `projects/<directory, anything but letters and digits as ->/<session id>.jsonl`, written when a turn begins;
 * what it is sent while it works is an `enqueue` record first. A `/clear` changes the id: `sessions/<pid>.json` tells the one
 * in force. Without it the whole directory is read, which two agents may share.
 */
export const claude: LineTranscript = {
  files: (facts) => {
    const { environment, directory } = facts;
    const root = rootIn(environment, 'CLAUDE_CONFIG_DIR', '.claude');
    const slug = (directory ?? '').replace(/[^A-Za-z0-9]/g, '-');
    const folder = `${root}/projects/${slug}`;
    for (const pid of facts.pids) {
      const own = sessionIn(root, pid);
      if (own !== null) return { paths: [`${folder}/${own}.jsonl`], own: true, late: false, unread: false };
    }
    const id = optionOf(facts, '--session-id', '--resume', '-r');
    const { paths, unread } = listFiles(folder, '.jsonl');
    const named = id === null ? [] : [`${folder}/${id}.jsonl`];
    return { paths: [...new Set([...named, ...paths])], own: false, late: false, unread };
  },
  // An answer that is not done asks for a tool, or was cut off. Stopped by its human it has the word of that in his name, but before
  // an answer's first word it has nothing.
  turn: ({ type, message }) => {
    if (type === 'user') return isRecord(message) && wasStopped(message['content']) ? 'over' : 'open';
    if (type !== 'assistant' || !isRecord(message)) return null;
    return message['stop_reason'] === 'end_turn' || message['stop_reason'] === 'stop_sequence'
      ? 'over'
      : 'open';
  },
  said: (entry) => {
    if (entry['type'] === 'queue-operation')
      return entry['operation'] === 'enqueue' ? saidOnce(asPasted(entry['content']), true) : [];
    // What it held it reads in the middle of a turn as an attachment of that.
    const attachment = entry['attachment'];
    if (isRecord(attachment) && attachment['type'] === 'queued_command')
      return saidOnce(asPasted(attachment['prompt']));
    const message = entry['message'];
    return entry['type'] === 'user' && isRecord(message) ? saidOnce(asPasted(message['content'])) : [];
  },
};

/** A text for which its composer showed a stand-in goes to the model between two lines of its own (2.1.332). */
const PASTED = /^\s*<pasted_content id="([^"]*)">\n([\s\S]*)\n<\/pasted_content id="\1">\s*$/;

function asPasted(content: unknown): string | null {
  const text = contentText(content);
  return text === null ? null : (PASTED.exec(text)?.[2] ?? text);
}

const wasStopped = (content: unknown): boolean =>
  /^\[Request interrupted by user( for tool use)?\]$/.test(contentText(content) ?? '');
