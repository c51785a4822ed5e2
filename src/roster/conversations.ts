import type { ConversationShape } from './conversation.js';

/**
 * claude 2.1.197: `--resume` without anything to resume exits 1, and so does `--session-id` with an id in use. Its file is
 * absent before the first message.
 */
export const CLAUDE_CONVERSATION: ConversationShape = {
  ...{ identity: 'chosen', id: 'uuid', new: ['--session-id', '{id}'], resume: ['--resume', '{id}'] },
  evidence: {
    variable: 'CLAUDE_CONFIG_DIR',
    below: '.claude',
    files: 'projects/*/{id}.jsonl',
    ...{ holds: '"type":"user"', each: 'conversation' },
  },
  ...{ prepare: null, late: false, again: true, mend: false, elsewhere: false },
};

/** pi 0.73: one option for both. A torn last line costs it all earlier history at the second resume. */
export const PI_CONVERSATION: ConversationShape = {
  ...{ identity: 'chosen', id: 'file', new: ['--session', '{id}'], resume: ['--session', '{id}'] },
  evidence: {
    variable: 'PI_CODING_AGENT_DIR',
    below: '.pi/agent',
    files: '{id}',
    ...{ holds: '"type":"message"', each: 'conversation' },
  },
  ...{ prepare: null, late: true, again: true, mend: true, elsewhere: false },
};

/** framework/demo/agent.mjs, which does as claude does. */
export const DEMO_CONVERSATION: ConversationShape = {
  ...{ identity: 'chosen', id: 'uuid', new: ['--session-id', '{id}'], resume: ['--resume', '{id}'] },
  evidence: {
    variable: 'DEMO_AGENT_DIR',
    below: '.demo-agent',
    files: 'conversations/{id}.jsonl',
    ...{ holds: '"type":"user"', each: 'conversation' },
  },
  ...{ prepare: null, late: false, again: true, mend: false, elsewhere: true },
};

/**
 * codex 0.169: an id of its own making. `resume` of one that holds nothing exits 1; another directory asks a human. Its file is
 * there from the first message on, and may be compressed (`.zst`) when nothing was written to it for a week.
 */
export const CODEX_CONVERSATION: ConversationShape = {
  ...{ identity: 'learnt', id: 'uuid', new: [], resume: ['resume', '{id}'] },
  evidence: {
    variable: 'CODEX_HOME',
    below: '.codex',
    files: 'sessions/*/*/*/rollout-*-{id}.jsonl*',
    ...{ holds: null, each: 'daily' },
  },
  ...{ prepare: null, late: true, again: false, mend: false, elsewhere: false },
};

/**
 * gemini 0.61: its file is there at once, with words of its own in the user's name, so only what it writes behind each message
 * tells that something was said. An id without a message cannot be used again, and `--resume` of it exits 42. A resume may add a
 * second file.
 */
export const GEMINI_CONVERSATION: ConversationShape = {
  ...{ identity: 'chosen', id: 'uuid', new: ['--session-id', '{id}'], resume: ['--resume', '{id}'] },
  evidence: {
    variable: 'GEMINI_CLI_HOME',
    below: '',
    files: '.gemini/tmp/*/chats/session-*-{id8}.jsonl',
    ...{ holds: '{"$set":{"lastUpdated"', each: 'conversation' },
  },
  ...{ prepare: null, late: false, again: false, mend: false, elsewhere: false },
};

/** What `opencode export` writes of a session; project and directory are filled in by the import. */
const EMPTY_SESSION = {
  info: {
    ...{ id: '{id}', slug: '{id}', projectID: 'global', directory: '/', version: '1.18' },
    // As it names them itself: replaced by what the first message is about.
    title: 'New session - {iso}',
    time: { created: '{ms}', updated: '{ms}' },
  },
  messages: [],
};

/**
 * opencode 1.18: `-s` with an id that is not in its database exits 1, so one is imported first; an import of what is there
 * changes nothing. A session is continued in the directory it was begun in, whatever the process's own is.
 */
export const OPENCODE_CONVERSATION: ConversationShape = {
  ...{ identity: 'chosen', id: 'ses', new: ['--session', '{id}'], resume: ['--session', '{id}'] },
  prepare: {
    words: ['import', '/dev/stdin'],
    input: JSON.stringify(EMPTY_SESSION).replaceAll('"{ms}"', '{ms}'),
  },
  evidence: {
    variable: 'XDG_DATA_HOME',
    below: '.local/share',
    // Its write-ahead log among them.
    files: 'opencode/opencode*.db*',
    ...{ holds: '{id}', each: 'opencode' },
  },
  ...{ late: false, again: true, mend: false, elsewhere: false },
};
