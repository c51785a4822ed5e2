import * as path from 'node:path';
import { optionOf, rootIn } from '../process-facts.js';
import { saidOnce } from './lines.js';
import { sessionIn } from './session-record.js';
import type { LineTranscript } from './transcript.js';

/**
 * framework/demo/agent.mjs: `--session FILE`, written and synced before a turn begins; else a file of each conversation, and
 * `sessions/<pid>.json` tells the one in force.
 */
export const demo: LineTranscript = {
  files: (facts) => {
    const { environment } = facts;
    const root = rootIn(environment, 'DEMO_AGENT_DIR', '.demo-agent');
    for (const pid of facts.pids) {
      const own = sessionIn(root, pid);
      if (own !== null)
        return { paths: [`${root}/conversations/${own}.jsonl`], own: true, late: false, unread: false };
    }
    const file = optionOf(facts, '--session');
    if (file === null) return { paths: [], own: false, late: true, unread: false };
    return { paths: [path.resolve(facts.directory ?? '/', file)], own: true, late: false, unread: false };
  },
  turn: ({ type }) => (type === 'user' ? 'open' : type === 'agent' ? 'over' : null),
  said: (entry) =>
    entry['type'] === 'user' && typeof entry['text'] === 'string' ? saidOnce(entry['text']) : [],
};
