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
    holds: '"type":"user"',
  },
  ...{ late: false, again: true, mend: false, elsewhere: false },
};

/** pi 0.73: one option for both. A torn last line costs it all earlier history at the second resume. */
export const PI_CONVERSATION: ConversationShape = {
  ...{ identity: 'chosen', id: 'file', new: ['--session', '{id}'], resume: ['--session', '{id}'] },
  evidence: { variable: 'PI_CODING_AGENT_DIR', below: '.pi/agent', files: '{id}', holds: null },
  ...{ late: true, again: true, mend: true, elsewhere: false },
};

/** framework/demo/agent.mjs, which does as claude does. */
export const DEMO_CONVERSATION: ConversationShape = {
  ...{ identity: 'chosen', id: 'uuid', new: ['--session-id', '{id}'], resume: ['--resume', '{id}'] },
  evidence: {
    variable: 'DEMO_AGENT_DIR',
    below: '.demo-agent',
    files: 'conversations/{id}.jsonl',
    holds: '"type":"user"',
  },
  ...{ late: false, again: true, mend: false, elsewhere: true },
};

/**
 * codex 0.169: an id of its own making. `resume` of one that holds nothing exits 1; another directory asks a human. Its file is
 * there from the first message on.
 */
export const CODEX_CONVERSATION: ConversationShape = {
  ...{ identity: 'learnt', id: 'uuid', new: [], resume: ['resume', '{id}'] },
  evidence: {
    variable: 'CODEX_HOME',
    below: '.codex',
    files: 'sessions/*/*/*/rollout-*-{id}.jsonl',
    holds: null,
  },
  ...{ late: true, again: false, mend: false, elsewhere: false },
};

/**
 * gemini 0.61: its file is there at once, so only what is in it tells, and an id without a message cannot be used again. A
 * resume may add a second file.
 */
export const GEMINI_CONVERSATION: ConversationShape = {
  ...{ identity: 'chosen', id: 'uuid', new: ['--session-id', '{id}'], resume: ['--resume', '{id}'] },
  evidence: {
    variable: 'GEMINI_CLI_HOME',
    below: '',
    files: '.gemini/tmp/*/chats/session-*-{id8}.jsonl',
    holds: '"type":"user"',
  },
  ...{ late: false, again: false, mend: false, elsewhere: false },
};
