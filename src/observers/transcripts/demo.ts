import * as path from 'node:path';
import { optionOf } from '../process-facts.js';
import { saidOnce } from './lines.js';
import type { LineTranscript } from './transcript.js';

/** framework/demo/agent.mjs: `--session FILE`, written and synced before a turn begins. */
export const demo: LineTranscript = {
  files: (facts) => {
    const file = optionOf(facts, '--session');
    if (file === null) return { paths: [], own: false, late: true };
    return { paths: [path.resolve(facts.directory ?? '/', file)], own: true, late: false };
  },
  said: (entry) =>
    entry['type'] === 'user' && typeof entry['text'] === 'string' ? saidOnce(entry['text']) : [],
};
